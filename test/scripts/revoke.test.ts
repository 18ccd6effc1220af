// A leaked or restored backup, a stolen laptop: somebody has to end sessions now, with no token at hand, and running processes must obey at once.
import t from 'tap'
import { addMail } from '#sql/outbox.ts'
import { administrator, build, call, environment, logIn, REAL, verifiedUser } from '../support/app.ts'
import { readMail } from '../support/mailer.ts'
import { eventKinds } from '../support/mails.ts'
import { run } from '../support/run-script.ts'
import { dead, nextTokens, outcome, readFilms, rotate, sessionOf } from '../support/session.ts'
import { until } from '../support/until.ts'

// Through Redis alone, where there is one.
const env = await environment(t, { REVOCATION_SYNC_SECONDS: REAL ? '20' : '1' })
const app = await build(t, env)
const revoke = (...args: string[]) => run('revoke.ts', args, env)

t.test(
  '--all ends every session: access tokens, refresh tokens and cookies, here and in a process that starts later',
  async t => {
    const user = await verifiedUser(app)
    const rotated = await logIn(app)
    const pairs = [await logIn(app, user), await nextTokens(app, rotated.refresh_token), await administrator(app)]
    const login = await call(app, 'POST', '/sessions/v1/', { payload: user })
    const cookie = String(login.headers['set-cookie']).split(';')[0] ?? ''
    const byCookie = () => call(app, 'GET', '/films/v1/', { headers: { cookie } })
    t.equal(outcome(await byCookie()), '200')

    const { code, out, err } = await revoke('--all')
    t.same({ code, out, err }, { code: 0, out: 'All sessions are revoked.\n', err: '' })
    await until(async () => outcome(await readFilms(app, pairs[0]?.token ?? '')) !== '200', 3000)
    t.equal(outcome(await byCookie()), '401 token-invalid')
    const later = await build(t, env)
    for (const pair of pairs) for (const instance of [app, later]) t.ok(await dead(instance, pair))

    const fresh = await logIn(app, user)
    for (const instance of [app, later])
      t.equal(outcome(await readFilms(instance, fresh.token)), '200', 'new ones are valid')
    t.equal(outcome(await rotate(app, fresh.refresh_token)), '200')
  },
)

t.test(
  '--all ends the sessions that a restored backup brings back, and the tokens of those it has never known',
  async t => {
    const { token, refresh_token, user_id } = await logIn(app)
    const backup = await sessionOf(app, token)
    const next = await nextTokens(app, refresh_token)
    const unknown = await logIn(app)
    const replace = (id: string) => app.db.deleteFrom('sessions').where('id', '=', id).execute()
    await replace(backup.id)
    await app.db.insertInto('sessions').values(backup).execute()
    await replace((await sessionOf(app, unknown.token)).id)

    t.equal((await revoke('--all')).code, 0)
    const restarted = await build(t, env)
    for (const pair of [{ token, refresh_token }, next, unknown]) t.ok(await dead(restarted, pair))
    t.ok((await eventKinds(app, user_id)).includes('logged-in'))
  },
)

t.test(
  'a user whose sessions were revoked with all others has none in the list, and may log in under LOGIN_POLICY=single',
  async t => {
    const single = await build(t, { ...env, LOGIN_POLICY: 'single' })
    const user = await verifiedUser(app)
    await logIn(single, user)
    t.equal((await revoke('--all')).code, 0)
    const { token } = await logIn(single, user)
    const { results } = (await call(single, 'GET', '/users/v1/sessions', { token })).json<{ results: unknown[] }>()
    t.equal(results.length, 1)
  },
)

t.test('threat: an emergency command sends queued mails from the shell of the operator', async t => {
  const { user_id } = await logIn(app)
  await app.mailer.idle()
  const recipient = 'queued@holocron.test'
  const id = await addMail(app.db, { template: 'password-changed', user_id, recipient })
  const { code } = await revoke('--user', String(user_id))
  t.equal(code, 0)
  t.match(await readMail(app, id), { attempts: 0, outcome: null })
})

t.test('--user ends the sessions of one user, by id or e-mail address, and nobody else’s', async t => {
  const user = await verifiedUser(app)
  const other = await logIn(app)
  for (const name of [({ user_id }: { user_id: number }) => String(user_id), () => user.email.toUpperCase()]) {
    const tokens = await logIn(app, user)
    const { code, out, err } = await revoke('--user', name(tokens))
    t.same({ code, out, err }, { code: 0, out: `All sessions of ${user.email} are revoked.\n`, err: '' })
    await until(async () => outcome(await readFilms(app, tokens.token)) === '401 token-invalid', 3000)
    t.ok(await dead(app, tokens))
    t.ok((await eventKinds(app, tokens.user_id)).includes('session-ended'))
  }
  t.equal(outcome(await readFilms(app, other.token)), '200')
})

t.test('a command that makes no sense revokes nothing, and says why in one line', async t => {
  const { token } = await logIn(app)
  const cases: [args: string[], reason: RegExp][] = [
    [[], /^Usage: npm run revoke -- --all \| --user ID\|EMAIL\n$/],
    [['--all', '5'], /^Usage: /],
    [['--user'], /^Usage: /],
    [['--user', ''], /^Usage: /],
    [['5'], /^Usage: /],
    [['--user', '123456789'], /^There is no user 123456789\n$/],
    [['--user', 'nobody@alderaan.example'], /^There is no user nobody@alderaan\.example\n$/],
    [['--user', 'nobody'], /^nobody is neither an id nor an e-mail address\n$/],
  ]
  for (const [args, reason] of cases) {
    const { code, out, err } = await revoke(...args)
    t.same({ code, out }, { code: 1, out: '' }, args.join(' '))
    t.match(err, reason)
  }
  const help = await revoke('--help')
  t.equal(help.code, 0)
  t.match(help.out, /^Usage: [\s\S]*access tokens, refresh tokens and cookies/)
  t.equal(outcome(await readFilms(app, token)), '200')
})
