// docs/openid-provider.md at its word: its application and its walks in a shell, from the registration on.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'
import t, { type Test } from 'tap'
import { build, environment, verifiedUser } from '../support/app.ts'
import { freePort } from '../support/free-port.ts'
import { visitor } from '../support/parties/visitor.ts'

const ROOT = join(import.meta.dirname, '../..')
const page = await readFile(join(ROOT, 'docs/openid-provider.md'), 'utf8')
const blocks = (language: string) =>
  [...page.matchAll(/^```(\w+)\n(.*?)^```$/gms)].filter(([, name]) => name === language).map(([, , code = '']) => code)

const [registration = ''] = blocks('sh')
const [program = ''] = blocks('js')
const [scanner = '', television = ''] = blocks('bash')

const [port, ownPort] = [await freePort(), await freePort()]
const issuer = `http://localhost:${port}`
const home = `http://localhost:${ownPort}/`
// The program refreshes a token half a minute before its end: each time.
const env = await environment(t, { PUBLIC_URL: issuer, ACCESS_TOKEN_TTL_SECONDS: '30' })
const app = await build(t, env)
await app.listen({ host: 'localhost', port })
const account = await verifiedUser(app)

/** What the page says, for these ports, and for scripts that are started in another folder. */
const here = (code: string) =>
  code
    .replaceAll('http://localhost:3000', issuer)
    .replaceAll('http://localhost:8080/', home)
    .replace('listen(8080', `listen(${ownPort}`)
    .replaceAll(/npm run create-client (?:--silent )?--/g, `node ${join(ROOT, 'scripts/create-client.ts')}`)
    .replace('sleep 5', 'sleep 0.2')

function shell(code: string) {
  const child = spawn('bash', ['-c', here(code)], { cwd: env.DATA_DIR, env: { ...process.env, ...env } })
  return Object.assign(child, { errors: text(child.stderr) })
}

async function printed(code: string): Promise<string> {
  const child = shell(code)
  const [out, errors] = await Promise.all([text(child.stdout), child.errors])
  if (errors) throw new Error(errors)
  return out
}

async function start(t: Test): Promise<void> {
  const [, CLIENT_ID = '', CLIENT_SECRET = ''] =
    /client_id=(\S+)\nclient_secret=(\S+)/.exec(await printed(registration)) ?? []
  const folder = await mkdtemp(join(tmpdir(), 'holocron-party-'))
  t.teardown(() => rm(folder, { recursive: true }))
  await symlink(join(ROOT, 'node_modules'), join(folder, 'node_modules'))
  await writeFile(join(folder, 'server.mjs'), here(program))
  const settings = { PATH: process.env.PATH, CLIENT_ID, CLIENT_SECRET }
  const server = spawn(process.execPath, ['server.mjs'], {
    cwd: folder,
    env: settings,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  t.teardown(() => server.kill('SIGKILL'))
  await once(server.stdout, 'data')
}

t.test('the application signs somebody in, reads the films past a refresh, and signs them out', async t => {
  await start(t)
  const person = visitor()
  t.match((await person.open(home)).page, 'Sign in')
  const greeting = `${account.email}, you may watch 7 films.`
  t.match((await person.logIn(`${home}login`, account)).page, greeting)
  t.match((await person.open(home)).page, greeting)
  const left = await person.signOut(`${home}logout`)
  t.equal(left.url.href, home)
  t.match(left.page, 'Sign in')
  t.equal((await person.open(`${home}callback?code=x&state=y`)).status, 500)
})

t.test('a program without users', async t => {
  t.equal(await printed(scanner), '7\nfilms:read\n')
})

t.test('a television', async t => {
  const waiting = shell(television)
  t.teardown(() => waiting.kill('SIGKILL'))
  const lines = createInterface(waiting.stdout)[Symbol.asyncIterator]()
  const { value: first } = await lines.next()
  const person = visitor()
  await person.open(String(first).replace('Open ', ''))
  await person.submit({}, 'yes')
  await person.submit(account)
  await person.submit({}, 'allow')
  t.equal((await lines.next()).value, '7')
  t.equal(await waiting.errors, '')
})

t.test('the page names all endpoints', async t => {
  const response = await fetch(`${issuer}/.well-known/openid-configuration`)
  const metadata = (await response.json()) as Record<string, string>
  for (const [name, url] of Object.entries(metadata))
    if (name.endsWith('_endpoint')) t.match(page, `\`${new URL(String(url)).pathname}\``, name)
})
