import t from 'tap'
import {
  build,
  call,
  codeOf,
  type LoggedIn,
  logIn,
  newEmail,
  PASSWORD,
  reauthenticated,
  verifiedUser,
} from '../../../support/app.ts'
import { documentOf } from '../../../support/document.ts'
import {
  buildWithProvider,
  challengeBy,
  identity,
  linkTo,
  logInBy,
  refusal,
  tokensBy,
} from '../../../support/linked-logins.ts'
import { eventKinds, subjectsTo } from '../../../support/mails.ts'
import { enrolled, finish, otpOf, steppingClock } from '../../../support/mfa.ts'
import { holder, PASSKEYS, passkeyLogin } from '../../../support/passkeys.ts'
import { dead, outcome, readFilms } from '../../../support/session.ts'

steppingClock(t)

const METHODS = '/users/v1/login_methods'
const app = await buildWithProvider(t)

const list = async ({ token }: Pick<LoggedIn, 'token'>) =>
  (await call(app, 'GET', METHODS, { token })).json<{ results: { id: string; provider: string }[] }>().results
const remove = ({ token }: Pick<LoggedIn, 'token'>, id: string, payload?: object) =>
  call(app, 'DELETE', `${METHODS}/${id}`, { token, ...(payload && { payload }) })
const idOf = async (session: LoggedIn, provider: string) =>
  (await list(session)).find(method => method.provider === provider)?.id ?? ''

/** A user with a password and a linked provider. */
async function linked(user?: { email: string; password: string }) {
  const session = await reauthenticated(app, await logIn(app, user ?? (await verifiedUser(app))))
  const who = identity({ email: 'leia@github.example', emailVerified: false })
  await linkTo(app, session, who)
  return { session, who, id: await idOf(session, 'github') }
}

t.test('password, passkeys and linked providers are listed, with ids that stay', async t => {
  const session = await holder(app)
  await linkTo(app, session, identity({ email: 'leia@github.example', emailVerified: false }))
  const methods = await list(session)
  t.match(methods, [
    { id: 'password', provider: 'password', email: session.email },
    { id: session.passkey_id, provider: 'passkey' },
    { provider: 'github', email: 'leia@github.example', name: 'Leia Organa', linked_at: String, last_used_at: null },
  ])
  t.same(await list(session), methods)
})

t.test('a linked provider is removed: it opens nothing, other sessions end, and the owner is told', async t => {
  const user = await verifiedUser(app)
  const { session, who, id } = await linked(user)
  const other = await logIn(app, user)
  t.same((await remove(session, id)).json(), { status: 'ok' })
  t.equal(await refusal(logInBy(app, who)), 'email-required')
  t.ok(await dead(app, other))
  t.equal(outcome(await readFilms(app, session.token)), '200')
  t.ok((await subjectsTo(app, user.email)).includes('A way to sign in was removed from your account'))
  t.ok((await eventKinds(app, session.user_id)).includes('login-unlinked'))
  t.equal(codeOf(await remove(session, id)), 'login-method-not-found')
})

t.test('threat: a stolen token removes a way to log in', async t => {
  const user = await verifiedUser(app)
  const { id } = await linked(user)
  const stolen = await logIn(app, user)
  t.equal(codeOf(await remove(stolen, id)), 'reauthentication-required')
  t.equal((await remove(stolen, id, { password: PASSWORD })).statusCode, 200, 'with the password')
})

t.test("threat: somebody else's way to log in is removed by its id", async t => {
  const { session, id, who } = await linked()
  const stranger = await reauthenticated(app, await logIn(app))
  for (const each of [id, 'x', `${id}0`, '00000000-0000-0000-0000-000000000000'])
    t.equal(outcome(await remove(stranger, each)), '404 login-method-not-found')
  t.equal((await tokensBy(app, who)).user_id, session.user_id)
})

t.test('the last usable way stays', async t => {
  const session = await tokensBy(app, identity({ email: newEmail() }))
  await allow(session)
  t.equal(codeOf(await remove(session, await idOf(session, 'github'))), 'last-login-method')

  const only = await reauthenticated(app, await logIn(app))
  t.equal(codeOf(await remove(only, 'password')), 'last-login-method')
  await linkTo(app, only, identity({ provider: 'myspace' }))
  t.equal(
    codeOf(await remove(only, 'password')),
    'last-login-method',
    'a provider that is configured no more is no way',
  )
})

t.test('the password is removed where something else is left, and can be set again', async t => {
  const { session, who } = await linked()
  t.equal((await remove(session, 'password')).statusCode, 200)
  const login = await call(app, 'POST', '/users/v1/login', { payload: { email: session.email, password: PASSWORD } })
  t.equal(outcome(login), '404 not-found')
  t.same(
    (await list(session)).map(({ provider }) => provider),
    ['github'],
  )
  const next = await tokensBy(app, who)
  const put = (payload: object) => call(app, 'PUT', '/users/v1/password', { token: next.token, payload })
  t.equal(codeOf(await put({ new_password: 'Bespin1980' })), 'reauthentication-required')
  t.equal(codeOf(await put({ old_password: PASSWORD, new_password: 'Bespin1980' })), 'password-wrong')
  await allow(next)
  t.equal((await put({ new_password: 'Bespin1980' })).statusCode, 200)
})

t.test('of two ways that are removed at once, one stays', async t => {
  for (let round = 0; round < 5; round++) {
    const { session, id } = await linked()
    const answers = await Promise.all([remove(session, id), remove(session, 'password')])
    t.same(answers.map(answer => codeOf(answer)).sort(), ['last-login-method', undefined])
    t.equal((await list(session)).length, 1)
  }
})

t.test('the last passkey stays too, by either route', async t => {
  const session = await holder(app)
  await app.db.updateTable('users').set({ password_hash: '!' }).where('id', '=', session.user_id).execute()
  t.equal(codeOf(await remove(session, session.passkey_id)), 'last-login-method')
  const byPasskeys = await call(app, 'DELETE', `${PASSKEYS}/${session.passkey_id}`, { token: session.token })
  t.equal(codeOf(byPasskeys), 'last-login-method')
  t.equal((await passkeyLogin(app, session.key)).statusCode, 200)
})

t.test('a passkey is removed as by its own route', async t => {
  const session = await holder(app)
  t.equal((await remove(session, session.passkey_id)).statusCode, 200)
  t.equal(codeOf(await passkeyLogin(app, session.key)), 'passkey-invalid')
  t.ok((await subjectsTo(app, session.email)).includes('A passkey was removed from your account'))
})

t.test('threat: a login that waits for the second factor outlives the removal of what began it', async t => {
  const { user, secret, ...session } = await enrolled(app)
  const who = identity()
  await linkTo(app, session, who)
  const mfaToken = await challengeBy(app, who)
  const fresh = await reauthenticated(app, session, { password: PASSWORD, otp: otpOf(secret) })
  t.equal((await remove(fresh, await idOf(fresh, 'github'))).statusCode, 200)
  t.equal(codeOf(await finish(app, mfaToken, otpOf(secret, 1))), 'token-invalid')
})

t.test('the export names linked logins, and a deletion erases them', async t => {
  const { session, who } = await linked()
  const data = await call(app, 'GET', `/users/v1/${session.user_id}/export`, { token: session.token })
  t.match(data.json().linked_logins, [{ provider: 'github', subject: who.subject, issuer: who.issuer }])
  t.equal((await call(app, 'DELETE', `/users/v1/${session.user_id}`, { token: session.token })).statusCode, 200)
  const rows = app.db.selectFrom('linked_logins').select('id').where('subject', '=', who.subject)
  t.same(await rows.execute(), [])
})

t.test('without a provider there is none of it', async t => {
  const app = await build(t)
  const { token } = await logIn(app)
  t.equal((await call(app, 'GET', METHODS, { token })).statusCode, 404)
  t.equal((await call(app, 'POST', '/social/v1/email', { payload: {} })).statusCode, 404)
  const { paths, components } = await documentOf(app)
  t.same(
    Object.keys(paths).filter(path => /social|login_methods/.test(path)),
    [],
  )
  t.same(
    // The events of passwords and passkeys are there.
    Object.keys(components.schemas).filter(name => /LoginMethod(?!\w+Event$)|ProviderSignup/.test(name)),
    [],
  )
})

/** As if the user had authenticated again by the provider. */
async function allow({ token }: Pick<LoggedIn, 'token'>): Promise<void> {
  const { sid, gen } = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString())
  const now = { auth_time: Date.now(), reauthenticated_generation: gen }
  await app.db.updateTable('sessions').set(now).where('id', '=', sid).execute()
}
