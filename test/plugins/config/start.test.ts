// The process itself: what an operator sees when a setting is wrong, and where settings come from.
import { execFile, spawn } from 'node:child_process'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { pathToFileURL } from 'node:url'
import t from 'tap'
import { type Environment, environment, REAL, SECRET, type Test } from '../../support/app.ts'

const skip = REAL && 'settings are read before there is a database'

const ROOT = join(import.meta.dirname, '../../..')

interface Outcome {
  code: number
  stdout: string
  stderr: string
}

/** Shared with the tests. */
const { NODE_COMPILE_CACHE } = process.env
const cache: Environment = NODE_COMPILE_CACHE ? { NODE_COMPILE_CACHE } : {}

/** Runs Node in a folder, with these variables and no others of the service. */
function run(cwd: string, args: string[], env: Environment = {}): Promise<Outcome> {
  return new Promise(resolve => {
    execFile(process.execPath, args, { cwd, env: { ...cache, ...env }, timeout: 60_000 }, (error, stdout, stderr) =>
      resolve({ code: error ? Number(error.code) : 0, stdout, stderr }),
    )
  })
}

async function folder(t: Test): Promise<string> {
  return (await environment(t)).DATA_DIR ?? ''
}

const start = (cwd: string, env: Environment) => run(cwd, [join(ROOT, 'server.ts')], { PORT: '0', ...env })

/** What readConfig makes of the environment and of `.env` in the folder. */
async function configIn(cwd: string, env: Environment = {}): Promise<Record<string, unknown>> {
  const module = pathToFileURL(join(ROOT, 'plugins/config/index.ts')).href
  const script = `import { readConfig } from '${module}'; console.log(JSON.stringify(readConfig()))`
  const { code, stdout, stderr } = await run(cwd, ['--input-type=module', '-e', script], env)
  if (code !== 0) throw new Error(stderr)
  return JSON.parse(stdout)
}

const REFUSED: Record<string, [Environment, RegExp]> = {
  'a missing secret in production': [
    {
      NODE_ENV: 'production',
      PUBLIC_URL: 'https://login.example',
      SMTP_URL: 'smtp://localhost',
      MAIL_FROM: 'a@login.example',
    },
    /^SECRET: required in production/,
  ],
  'a key file that is not there': [{ ACCESS_KEY_FILE: 'absent.pem' }, /^ACCESS_KEY_FILE: /],
  'a database file that is a folder': [{ DATABASE_URL: 'sqlite:.' }, /^DATABASE_URL: /],
  'a database server that is not there': [{ SECRET, DATABASE_URL: 'mysql://root@127.0.0.1:1/x' }, /^DATABASE_URL: /],
  'an address that is not ours': [{ NODE_ENV: 'development', HOST: '192.0.2.1' }, /^HOST, PORT: /],
}

for (const [name, [env, message]] of Object.entries(REFUSED)) {
  t.test(`${name} ends the start with code 1 and one line, without a stack`, { skip }, async t => {
    const { code, stdout, stderr } = await start(await folder(t), { LOG_LEVEL: 'silent', ...env })
    t.equal(code, 1)
    t.match(stderr, message)
    t.match(stderr, /^[^\n]+\n$/, 'one line')
    t.notMatch(stderr, SECRET)
    t.equal(stdout, '')
  })
}

t.test('.env fills in what the environment leaves out, and the environment wins', { skip }, async t => {
  const cwd = await folder(t)
  await writeFile(join(cwd, '.env'), `# a comment\nPORT=4000\nRATE_LIMIT_MAX=5\nSECRET="${SECRET}"\nNO_SUCH=x\n`)
  t.match(await configIn(cwd), { PORT: 4000, RATE_LIMIT_MAX: 5, SECRET, PUBLIC_URL: 'http://localhost:4000' })
  t.match(await configIn(cwd, { PORT: '5000' }), { PORT: 5000, RATE_LIMIT_MAX: 5 })
  t.match(await configIn(cwd, { PORT: '' }), { PORT: 4000 }, 'an empty variable is none')
  t.notOk('NO_SUCH' in (await configIn(cwd)))
})

t.test('a .env that was copied and not filled in changes nothing', { skip }, async t => {
  const cwd = await folder(t)
  await writeFile(join(cwd, '.env'), 'SECRET=\nPORT=\nREDIS_URL=""\nHIDE_ACCOUNTS=\n')
  t.same(await configIn(cwd), await configIn(await folder(t)))
})

t.test('a wrong value in .env ends the start with one line', { skip }, async t => {
  const cwd = await folder(t)
  await writeFile(join(cwd, '.env'), 'PORT=http\n')
  const { code, stderr } = await run(cwd, [join(ROOT, 'server.ts')])
  t.equal(code, 1)
  t.equal(stderr, 'PORT: must be an integer from 0 to 65535. Expected: Port to listen on.\n')
})

t.test('PORT=0: the URLs printed at the start have the port that the system chose', { skip }, async t => {
  const cwd = await folder(t)
  const child = spawn(process.execPath, [join(ROOT, 'server.ts')], { cwd, env: { PORT: '0', LOG_LEVEL: 'info' } })
  t.teardown(() => child.kill('SIGKILL'))
  let url: string | undefined
  for await (const line of createInterface({ input: child.stdout })) {
    url = /"swagger_ui":"([^"]+)"/.exec(line)?.[1]
    if (url) break
  }
  t.match(url, /^http:\/\/localhost:[1-9]\d*\/ui$/)
  t.equal((await fetch(String(url).replace('localhost', '127.0.0.1'))).status, 200)
})

t.test('a .env that cannot be read stops the start: what stands in it would be missing', { skip }, async t => {
  const cwd = await folder(t)
  await mkdir(join(cwd, '.env'))
  await t.rejects(configIn(cwd), /ConfigError: \.env: cannot be read/)
})

const UTF_16 = (text: string) => Buffer.from(`\ufeff${text}`, 'utf16le')
const ENCODED: Record<string, (text: string) => Buffer> = {
  'UTF-8 with a byte order mark': text => Buffer.from(`\ufeff${text}`),
  'UTF-16, little-endian': UTF_16,
  'UTF-16, big-endian': text => UTF_16(text).swap16(),
  'Windows line ends': text => Buffer.from(text.replaceAll('\n', '\r\n')),
}

for (const [name, encode] of Object.entries(ENCODED)) {
  t.test(`.env as Windows editors write it (${name}) loses no line`, { skip }, async t => {
    const cwd = await folder(t)
    await writeFile(join(cwd, '.env'), encode(`RATE_LIMIT_MAX=5\nSECRET="${SECRET}"\n`))
    t.match(await configIn(cwd), { RATE_LIMIT_MAX: 5, SECRET })
  })
}

const UNREADABLE: Record<string, string | Buffer> = {
  'UTF-16 without a byte order mark': Buffer.from('NODE_ENV=production\n', 'utf16le'),
  'bytes that are no UTF-8': Buffer.from('MAIL_FROM="Caf\xe9 <no-reply@login.example>"\n', 'latin1'),
  'a colon instead of =': 'PORT=4000\nNODE_ENV: production\n',
  'a name alone': 'NODE_ENV\n',
  'an invisible character before a name': '\u200bNODE_ENV=production\n',
}

for (const [name, content] of Object.entries(UNREADABLE)) {
  t.test(`a line of .env that would be lost prevents the start: ${name}`, { skip }, async t => {
    const cwd = await folder(t)
    await writeFile(join(cwd, '.env'), content)
    await t.rejects(configIn(cwd), /ConfigError: \.env: (cannot be read|line \d+ is neither)/)
  })
}

t.test('comments, quotes over several lines and `export` in .env are read', { skip }, async t => {
  const cwd = await folder(t)
  const lines = [
    '# a comment',
    '',
    '  ',
    'export PORT=4000 # the port',
    'X="two',
    'lines"',
    'Y=`a"b`',
    'EMPTY=',
    'RATE_LIMIT_MAX = 5',
  ]
  await writeFile(join(cwd, '.env'), lines.join('\n'))
  t.match(await configIn(cwd), { PORT: 4000, RATE_LIMIT_MAX: 5 })
})

t.test('a setting can be read from a file, as orchestrators mount secrets', { skip }, async t => {
  const cwd = await folder(t)
  await writeFile(join(cwd, 'secret'), `${SECRET}\n`)
  t.match(await configIn(cwd, { SECRET_FILE: 'secret' }), { SECRET })
  await writeFile(join(cwd, '.env'), 'SECRET=from-the-file-of-settings-0123456789\n')
  t.match(await configIn(cwd, { SECRET_FILE: 'secret' }), { SECRET }, 'the environment wins over .env')
})

t.test('a file that holds no secret prevents the start', { skip }, async t => {
  const cwd = await folder(t)
  await writeFile(join(cwd, 'secret'), `${SECRET}\n`)
  await t.rejects(configIn(cwd, { SECRET_FILE: 'absent' }), /ConfigError: SECRET_FILE: there is no such file/)
  await t.rejects(configIn(cwd, { SECRET_FILE: '.' }), /ConfigError: SECRET_FILE: cannot be read/)
  await t.rejects(configIn(cwd, { SECRET, SECRET_FILE: 'secret' }), /ConfigError: SECRET_FILE: conflicts with SECRET/)
})
