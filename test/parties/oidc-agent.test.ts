// oidc-agent, as Debian packages it: a command line gets tokens by the device flow, and keeps them fresh.
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import t from 'tap'
import { DEVICE_CODE } from '#schemas/oauth-clients.ts'
import { REAL, temporaryFolder, verifiedUser } from '../support/app.ts'
import { application, serve } from '../support/oauth.ts'
import { START_MAX_MS, startDaemon } from '../support/parties/daemon.ts'
import { readFilms } from '../support/parties/films.ts'
import { blocksOf } from '../support/parties/guide.ts'
import { visitor } from '../support/parties/visitor.ts'
import { until } from '../support/until.ts'

const run = promisify(execFile)
const USER_CODE = /[A-Z]{4}-[A-Z]{4}/
const isMissing = !existsSync('/usr/bin/oidc-agent') && process.env.CI !== 'true'
if (isMissing) console.error('NOT TESTED: oidc-agent. Install oidc-agent-cli')
const skip = (REAL && 'what oidc-agent accepts does not depend on the profile') || (isMissing && 'needs oidc-agent')

t.test('a person connects their command line, which reads the films, also later', { skip }, async t => {
  const { app, issuer } = await serve(t)
  const account = await verifiedUser(app)
  const { id, secret } = await application(app, {
    redirect_uris: [],
    grant_types: [DEVICE_CODE, 'refresh_token'],
    scope: 'openid offline_access films:read',
  })
  const folder = await temporaryFolder(t)
  await mkdir(join(folder, '.oidc-agent'), { mode: 0o700 })
  const socket = join(folder, 'agent.sock')
  const env = { PATH: process.env.PATH, HOME: folder, OIDC_SOCK: socket, OIDC_ENCRYPTION_PW: 'x' }
  await startDaemon(t, ['oidc-agent', '--console', '-a', socket], { HOME: folder }, () => existsSync(socket))

  const [, command = ''] = await blocksOf('openid-provider.md', 'oidc-agent')
  const here = command
    .replace('https://accounts.example', issuer)
    .replace('--client-id=…', `--client-id=${id}`)
    .replace('--client-secret=…', `--client-secret=${secret}`)
    .replace('oidc-gen ', 'exec oidc-gen --pw-env --confirm-default --prompt=none ')
  const gen = spawn('bash', ['-c', here], { env, stdio: ['ignore', 'pipe', 'pipe'] })
  t.teardown(() => gen.kill('SIGKILL'))
  const ended = once(gen, 'exit')
  let said = ''
  for (const stream of [gen.stdout, gen.stderr]) stream.on('data', part => (said += part))
  await until(() => USER_CODE.test(said) || gen.exitCode !== null, START_MAX_MS)
  t.match(said, USER_CODE)
  const [code] = USER_CODE.exec(said) ?? []

  const person = visitor()
  await person.open(`${issuer}/oauth2/device?user_code=${code}`)
  await person.submit({}, 'yes')
  await person.submit({ email: account.email, password: account.password })
  await person.submit({}, 'allow')
  t.same(await ended, [0, null], { said })

  const token = async (...choice: string[]) => (await run('oidc-token', [...choice, 'archive'], { env })).stdout.trim()
  const first = await token()
  t.equal(await readFilms(issuer, first), 7)
  const second = await token('--force-new')
  t.not(second, first)
  t.equal(await readFilms(issuer, second), 7)
})
