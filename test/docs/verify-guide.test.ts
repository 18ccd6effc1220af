// docs/verify-tokens.md at its word: the client as it is built, both services, and the walk in a shell.
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { promisify } from 'node:util'
import t, { type Test } from 'tap'
import { build, environment, PASSWORD, REAL, verifiedUser } from '../support/app.ts'
import { installClients } from '../support/clients.ts'
import { freePort } from '../support/free-port.ts'

const run = promisify(execFile)
const ROOT = join(import.meta.dirname, '../..')
const [, guide = ''] =
  /^## In ten minutes\n(.*?)^## /ms.exec(await readFile(join(ROOT, 'docs/verify-tokens.md'), 'utf8')) ?? []
const blocks = (language: string) =>
  [...guide.matchAll(/^```(\w+)\n(.*?)^```$/gms)].filter(([, name]) => name === language).map(([, , code = '']) => code)

if (REAL) t.pass('the guide does not depend on the profile')
else await follow()

async function follow(): Promise<void> {
  const [port, ownPort] = [await freePort(), await freePort()]
  const env = await environment(t, { PUBLIC_URL: `http://localhost:${port}` })
  const app = await build(t, env)
  await app.listen({ host: 'localhost', port })
  const { email } = await verifiedUser(app)
  const folder = await installed(t)

  const here = (code: string) =>
    code
      .replaceAll('localhost:3000', `localhost:${port}`)
      .replaceAll('localhost:4000', `localhost:${ownPort}`)
      .replace('port: 4000', `port: ${ownPort}`)
      .replace('listen(4000', `listen(${ownPort}`)
      .replace('npm run create-client --', `node ${join(ROOT, 'scripts/create-client.ts')}`)

  async function printed(code: string): Promise<string> {
    const own = { ...process.env, ...env, EMAIL: email, PASSWORD }
    const child = spawn('bash', ['-c', here(code)], { cwd: env.DATA_DIR, env: own })
    const [out, errors] = await Promise.all([text(child.stdout), text(child.stderr)])
    if (errors) throw new Error(errors)
    return out
  }

  const [registration = ''] = blocks('sh')
  const [walk = ''] = blocks('bash')
  const [, CLIENT_ID = '', CLIENT_SECRET = ''] =
    /client_id=(\S+)\nclient_secret=(\S+)/.exec(await printed(registration)) ?? []

  for (const [i, program] of blocks('mjs').entries()) {
    t.test(`service ${i + 1}`, async t => {
      await writeFile(join(folder, 'server.mjs'), here(program))
      const own = { PATH: process.env.PATH, CLIENT_ID, CLIENT_SECRET }
      const server = spawn(process.execPath, ['server.mjs'], {
        cwd: folder,
        env: own,
        stdio: ['ignore', 'pipe', 'inherit'],
      })
      t.teardown(() => server.kill('SIGKILL'))
      await once(server.stdout, 'data')
      t.equal(await printed(walk), "[ 'Death Star' ]\nok\ntoken-invalid\n")
      t.equal((await fetch(`http://localhost:${ownPort}/`)).status, 200)
      t.equal((await fetch(`http://localhost:${ownPort}/restricted`)).status, 401)
      server.kill('SIGKILL')
      await once(server, 'exit')
    })
  }
  t.equal(blocks('mjs').length, 2)
}

/** The client, built and installed beside what the guide says. */
async function installed(t: Test): Promise<string> {
  await installClients()
  const folder = await mkdtemp(join(tmpdir(), 'holocron-verify-'))
  t.teardown(() => rm(folder, { recursive: true }))
  const client = join(folder, 'node_modules/holocron-verify')
  await mkdir(client, { recursive: true })
  await cp(join(ROOT, 'clients/verify/package.json'), join(client, 'package.json'))
  const tsc = join(ROOT, 'test/clients/node_modules/typescript/bin/tsc')
  await run(process.execPath, [tsc, '-p', join(ROOT, 'clients/verify'), '--outDir', join(client, 'dist')])
  const from = { fastify: 'node_modules', jose: 'node_modules', express: 'test/clients/node_modules' }
  for (const [name, place] of Object.entries(from))
    await symlink(join(ROOT, place, name), join(folder, 'node_modules', name))
  return folder
}
