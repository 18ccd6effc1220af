// The demo of social login: an OpenID provider and the service, started and ended together.
import { once } from 'node:events'
import { readdir } from 'node:fs/promises'
import { createServer } from 'node:net'
import t from 'tap'
import { type Environment, REAL, type Test, temporaryFolder } from '../support/app.ts'
import { freePort } from '../support/free-port.ts'
import { visit } from '../support/providers/visit.ts'
import { run, start } from '../support/run-script.ts'
import { until } from '../support/until.ts'

const skip = REAL && 'the demo has an embedded database of its own'

async function settings(t: Test): Promise<Environment> {
  const DATA_DIR = await temporaryFolder(t)
  const ports = { PORT: String(await freePort()), DEMO_PORT: String(await freePort()) }
  // A machine that is busy with other tests is not to shed these.
  return { DATA_DIR, TMPDIR: DATA_DIR, EVENT_LOOP_DELAY_MAX_MS: '0', ...ports }
}

/** Starts the demo. Resolves when it has said what to do and both servers listen. */
async function demo(t: Test, env: Environment) {
  const child = start('demo-provider.ts', [], env)
  const output = { text: '' }
  for (const stream of [child.stdout, child.stderr]) stream.on('data', bytes => (output.text += bytes))
  const ended = once(child, 'exit')
  t.teardown(async () => {
    if (child.exitCode === null) child.kill('SIGTERM')
    await ended
  })
  await until(() => child.exitCode !== null || /listening at.*Open http/s.test(output.text), 60_000)
  if (child.exitCode !== null) throw new Error(output.text)
  return { child, output, ended }
}

/** Follows the provider's redirects, with its cookies, up to a page or to a redirect to the service. */
async function follow(start: string | null, cookies: Map<string, string>, form?: URLSearchParams) {
  const { origin } = new URL(start ?? '')
  let url = start ?? ''
  let body = form
  while (new URL(url).origin === origin) {
    const cookie = [...cookies].map(pair => pair.join('=')).join('; ')
    const response = await fetch(url, {
      redirect: 'manual',
      headers: { cookie },
      ...(body && { method: 'POST', body }),
    })
    for (const each of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(each) ?? []
      cookies.set(name, value)
    }
    const location = response.headers.get('location')
    if (location === null) return { url, text: await response.text() }
    url = new URL(location, url).href
    body = undefined
  }
  return { url, text: '' }
}

const answers = (port: string | undefined) =>
  fetch(`http://127.0.0.1:${port}/`).then(
    () => true,
    () => false,
  )

t.test('it says which page to open, and there both people can be chosen', { skip }, async t => {
  const env = await settings(t)
  const { output } = await demo(t, env)
  const page = `http://localhost:${env.PORT}/social/v1/demo/authorize`
  t.match(output.text, `Open http://localhost:${env.PORT}/signin, `)
  t.match(output.text, page)
  const location = (await fetch(page, { redirect: 'manual' })).headers.get('location') ?? ''
  t.equal(new URL(location).origin, `http://127.0.0.1:${env.DEMO_PORT}`)
  await t.rejects(visit(location), /Leia Organa<\/button> leia@alderaan.example, verified/)
  await t.rejects(visit(location), /Han Solo<\/button> han@corellia.example, not verified/)
})

t.test('whoever was logged in at the provider can be somebody else the next time', { skip }, async t => {
  const env = await settings(t)
  await demo(t, env)
  const begin = async () =>
    (await fetch(`http://localhost:${env.PORT}/social/v1/demo/authorize`, { redirect: 'manual' })).headers.get(
      'location',
    )
  const browser = new Map<string, string>()
  const page = await follow(await begin(), browser)
  t.match(page.text, /Leia Organa/)
  const callback = await follow(page.url, browser, new URLSearchParams({ sub: 'leia' }))
  t.match(callback.url, /\/social\/v1\/demo\/callback\?code=/)
  t.match((await follow(await begin(), browser)).text, /Han Solo/)
})

for (const signal of ['SIGINT', 'SIGTERM'] as const)
  t.test(`one ${signal} ends service and provider`, { skip }, async t => {
    const env = await settings(t)
    const { child, ended } = await demo(t, env)
    t.same([await answers(env.PORT), await answers(env.DEMO_PORT)], [true, true])
    child.kill(signal)
    t.equal((await ended)[0], 0)
    t.same([await answers(env.PORT), await answers(env.DEMO_PORT)], [false, false])
  })

t.test('the data of a demo are gone with it, unless a place for them is set', { skip }, async t => {
  const { DATA_DIR = '', ...env } = await settings(t)
  const { child, ended } = await demo(t, env)
  child.kill('SIGINT')
  await ended
  const left = (await readdir(DATA_DIR)).filter(name => name.startsWith('holocron'))
  t.same(left, [])
})

t.test('a port that is in use is named', { skip }, async t => {
  const env = await settings(t)
  const other = createServer().listen(Number(env.DEMO_PORT), '127.0.0.1')
  await once(other, 'listening')
  t.teardown(() => other.close())
  const { code, err } = await run('demo-provider.ts', [], env)
  t.equal(code, 1)
  t.match(err, 'The port of the demo provider is in use: set DEMO_PORT to another one.')
})

t.test('arguments are refused with the usage', { skip }, async t => {
  const { code, err } = await run('demo-provider.ts', ['--now'], await settings(t))
  t.same([code, err], [1, 'Usage: npm run demo:provider\n'])
})
