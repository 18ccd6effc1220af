// OWASP ASVS V6: there is no default administrator. The first one is made on the machine itself, by who may read its configuration.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import t from 'tap'
import { build, call, codeOf, type Environment, environment, logIn, newEmail, verifiedUser } from '../support/app.ts'
import { eventKinds } from '../support/mails.ts'
import { enrolled } from '../support/mfa.ts'
import { run } from '../support/run-script.ts'
import { readFilms } from '../support/session.ts'
import { until } from '../support/until.ts'

const PASSWORD = 'Kessel1977'

const env = await environment(t, { REVOCATION_SYNC_SECONDS: '1', MAIL_POLL_SECONDS: '1' })
const app = await build(t, env)
const createAdmin = (args: string[], input: string, overrides: Environment = {}) =>
  run('create-admin.ts', args, { ...env, ...overrides }, input)

const rowOf = (email: string) => app.db.selectFrom('users').selectAll().where('email', '=', email).executeTakeFirst()

t.test('an administrator is made beside the running service, and logs in at once', async t => {
  const email = newEmail()
  const { code, out, err } = await createAdmin([email.toUpperCase()], `${PASSWORD}\n`)
  t.same({ code, out, err }, { code: 0, out: `${email} is an administrator.\n`, err: '' })
  const { token, user_id } = await logIn(app, { email, password: PASSWORD })
  t.equal((await call(app, 'GET', '/users/v1/', { token })).statusCode, 200)
  t.same(await eventKinds(app, user_id), ['signed-up', 'logged-in'])
})

t.test('an existing account is promoted: its password is replaced, its second factors and sessions end', async t => {
  const user = await verifiedUser(app)
  const { token, user_id } = await enrolled(app, user)
  await app.db.updateTable('users').set({ disabled: 1 }).where('id', '=', user_id).execute()
  const { code, out } = await createAdmin([user.email], PASSWORD)
  t.same(
    { code, out },
    {
      code: 0,
      out: `${user.email} is an administrator now; all its sessions ended, and its second factors, passkeys and linked providers are removed.\n`,
    },
  )
  await until(async () => codeOf(await readFilms(app, token)) === 'token-invalid')
  t.equal(codeOf(await call(app, 'POST', '/users/v1/login', { payload: user })), 'not-found')
  const fresh = await logIn(app, { email: user.email, password: PASSWORD })
  t.equal((await call(app, 'GET', '/users/v1/', { token: fresh.token })).statusCode, 200)
  const kinds = await eventKinds(app, user_id)
  for (const kind of ['earlier-access-removed', 'password-reset', 'promoted', 'enabled', 'session-ended'])
    t.ok(kinds.includes(kind), kind)
})

t.test('--help says how the password is given, and what happens to an existing account', async t => {
  const { code, out, err } = await createAdmin(['--help'], '')
  t.same({ code, err }, { code: 0, err: '' })
  t.match(
    out,
    /^Usage: npm run create-admin -- email\n[\s\S]*typed, or piped[\s\S]*existing account is promoted and gets the new password/,
  )
})

t.test('a rejected request leaves nothing behind, and says why in one line', async t => {
  const email = newEmail()
  const cases: [args: string[], input: string, reason: RegExp][] = [
    [
      [email],
      'short',
      /^Choose a password of 8 to 32 characters, with an uppercase letter, a lowercase letter and a digit, and no spaces\.\n$/,
    ],
    [[email], 'alderaan1977', /^Choose a password of 8 to 32 characters/],
    [[email], `Aa1${'x'.repeat(30)}`, /^Choose a password of 8 to 32 characters/],
    [[email], 'Password1', /^This password is too common\. Choose another one\.\n$/],
    [
      [email],
      '',
      /^No password given\. Run it on a terminal \(.*\), or pipe the password: npm run create-admin -- email < /,
    ],
    [['nobody'], PASSWORD, /^nobody is not an e-mail address\n$/],
    [[], PASSWORD, /^Usage: npm run create-admin -- email\n$/],
    [['--halp'], PASSWORD, /^Usage: npm run create-admin -- email\n$/],
    [[email, PASSWORD], '', /^Usage: npm run create-admin -- email\n$/],
  ]
  for (const [args, input, reason] of cases) {
    const { code, out, err } = await createAdmin(args, input)
    t.same({ code, out }, { code: 1, out: '' }, args.join(' '))
    t.match(err, reason)
    t.equal(err.split('\n').length, 2)
    if (input) t.notMatch(err, input, 'and not the password')
  }
  t.equal(await rowOf(email), undefined)
})

t.test('PASSWORD_MAX_LENGTH applies here too', async t => {
  const email = newEmail()
  const password = `Aa1${'x'.repeat(61)}`
  t.equal((await createAdmin([email], password, { PASSWORD_MAX_LENGTH: '64' })).code, 0)
  t.equal((await rowOf(email))?.access_role, 'admin')
})

/** Types answers into a terminal of its own, and prints all that is to be seen there. */
const TERMINAL = `import os, pty, sys
pid, fd = pty.fork()
if pid == 0: os.execv(sys.argv[1], sys.argv[1:4])
seen = b''
for answer in sys.argv[4:]:
    while not seen.endswith((b'Password: ', b'Repeat the password: ', b'go on: ')): seen += os.read(fd, 1000)
    seen += b'|'
    os.write(fd, answer.encode() + b'\\r')
try:
    while part := os.read(fd, 1000): seen += part
except OSError: pass
print(seen.decode().replace('\\r', ''), end='')
sys.exit(os.waitpid(pid, 0)[1] >> 8)`

async function type(email: string, ...answers: string[]) {
  const script = join(import.meta.dirname, '../../scripts/create-admin.ts')
  const child = spawn('python3', ['-c', TERMINAL, process.execPath, script, email, ...answers], {
    env: { PATH: process.env.PATH, ...env },
  })
  const [[code], seen] = await Promise.all([once(child, 'close'), text(child.stdout)])
  return { code, seen }
}

t.test('on a terminal it asks twice, and shows nothing of what is typed', async t => {
  const email = newEmail()
  const { code, seen } = await type(email, PASSWORD, PASSWORD)
  t.same({ code, seen }, { code: 0, seen: `Password: |\nRepeat the password: |\n${email} is an administrator.\n` })
})

t.test('two different passwords create no administrator', async t => {
  const email = newEmail()
  const { code, seen } = await type(email, PASSWORD, 'Kessel1978')
  t.same({ code, seen }, { code: 1, seen: 'Password: |\nRepeat the password: |\nThe passwords differ\n' })
  t.equal(await rowOf(email), undefined)
})

t.test('on a terminal it says what happens to an existing account, and goes on only after a yes', async t => {
  const user = await verifiedUser(app)
  const question =
    `${user.email} has an account. It becomes an administrator account with a new password; its sessions end, and its second factors, ` +
    'passkeys and linked providers are removed.\nType yes to go on: |\n'
  t.same(await type(user.email, 'y'), { code: 1, seen: `${question}Nothing was changed\n` })
  await logIn(app, user)
  const { code, seen } = await type(user.email, 'yes', PASSWORD, PASSWORD)
  t.equal(code, 0)
  t.ok(seen.startsWith(`${question}Password: |`), seen)
  await logIn(app, { email: user.email, password: PASSWORD })
})

t.test('the holder of an existing account gets a mail, which says who did it', async t => {
  const user = await verifiedUser(app)
  await createAdmin([user.email], PASSWORD)
  await until(() => app.mailbox?.list(user.email)[0]?.subject.includes('administrator'))
  t.match(app.mailbox?.list(user.email)[0]?.text, /The operator of .* made your account an administrator account/)
})
