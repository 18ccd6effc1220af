// The grant that takes passwords: nobody has it by accident, and it is no way around what protects the login.
import * as openid from 'openid-client'
import t from 'tap'
import { errors } from '#schemas/errors.ts'
import type { NewOAuthClient } from '#schemas/oauth-clients.ts'
import {
  administrator,
  call,
  type Environment,
  logIn,
  newEmail,
  PASSWORD,
  type Test,
  verifiedUser,
} from '../../support/app.ts'
import { authenticator } from '../../support/authenticator.ts'
import { enrolled, otpOf, steppingClock, wrongOtp } from '../../support/mfa.ts'
import { type Application, application, serve } from '../../support/oauth.ts'
import { register } from '../../support/passkeys.ts'

steppingClock(t)

const WRONG = 'Coruscant19BBY'
const SCOPE = 'openid profile email offline_access films:read'

const OURS: Partial<NewOAuthClient> = {
  redirect_uris: [],
  grant_types: ['password', 'refresh_token'],
  scope: SCOPE,
  first_party: true,
}

/** Tokens, or an error. */
type Answer = Record<
  'access_token' | 'refresh_token' | 'id_token' | 'scope' | 'error' | 'error_description' | 'mfa_token',
  string
>

/** A service with an application of our own, which posts forms to the token endpoint. */
async function withApplication(t: Test, env: Environment = {}, metadata: Partial<NewOAuthClient> = {}) {
  const { app, issuer } = await serve(t, { PASSWORD_GRANT: 'true', ...env })
  const own = await application(app, { ...OURS, ...metadata })
  return { app, issuer, own, post: poster(issuer, own) }
}

function poster(issuer: string, { id, secret }: Application) {
  return async (form: Record<string, string>, headers: Record<string, string> = {}) => {
    const body = new URLSearchParams({ ...(!secret && { client_id: id }), ...form })
    const authorization: Record<string, string> = secret ? { authorization: `Basic ${btoa(`${id}:${secret}`)}` } : {}
    const response = await fetch(`${issuer}/oauth2/token`, {
      method: 'POST',
      body,
      headers: { ...authorization, ...headers },
    })
    return { status: response.status, headers: response.headers, body: (await response.json()) as Answer }
  }
}

const withPassword = ({ email, password = PASSWORD }: { email: string; password?: string }) => ({
  grant_type: 'password',
  username: email,
  password,
})

const withToken = (mfa_token: string, second: Record<string, string>) => ({
  grant_type: 'password',
  mfa_token,
  ...second,
})

const { app, issuer, own, post } = await withApplication(t)

async function grantsSupportedBy(issuer: string) {
  const response = await fetch(`${issuer}/.well-known/openid-configuration`)
  return ((await response.json()) as { grant_types_supported: string[] }).grant_types_supported
}

const films = (token: string) => fetch(`${issuer}/films/v1/`, { headers: { authorization: `Bearer ${token}` } })

const sessionsOf = async (token: string) =>
  (await call(app, 'GET', '/users/v1/sessions', { token })).json<{
    results: { id: string; application: { client_id: string } | null }[]
  }>().results

const eventsOf = async (user_id: number) =>
  app.db
    .selectFrom('audit_events')
    .select(['kind', 'client_id'])
    .where('user_id', '=', user_id)
    .orderBy('id', 'desc')
    .execute()

t.test('off, which it is by default, nobody has it, and who is registered for it has all else', async t => {
  const { app, issuer } = await serve(t)
  const user = await verifiedUser(app)
  for (const grant_types of [['password'], ['password', 'client_credentials']] as const) {
    const client = await application(app, { ...OURS, grant_types: [...grant_types] })
    const post = poster(issuer, client)
    t.match(await post(withPassword(user)), { status: 400, body: { error: 'unsupported_grant_type' } })
    if (grant_types.length === 1) continue
    const { body } = await post({ grant_type: 'client_credentials', scope: 'films:read' })
    t.match(body, { access_token: String, scope: 'films:read' })
  }
  t.notOk((await grantsSupportedBy(issuer)).includes('password'))
})

t.test('on, e-mail address and password are exchanged for tokens like those of a login by code', async t => {
  t.ok((await grantsSupportedBy(issuer)).includes('password'))
  const { email } = await verifiedUser(app)
  const tokens = await openid.genericGrantRequest(own.configuration, 'password', {
    username: email.toUpperCase(),
    password: PASSWORD,
    scope: SCOPE,
  })
  t.match(tokens, { token_type: 'bearer', expires_in: 900, refresh_token: String })
  t.same(new Set(tokens.scope?.split(' ')), new Set(SCOPE.split(' ')))
  const claims = tokens.claims()
  t.match(claims, { iss: issuer, aud: own.id, email, amr: ['pwd'], acr: 'aal1', auth_time: Number, sid: String })
  t.equal((await films(tokens.access_token)).status, 200)
  t.match(await openid.fetchUserInfo(own.configuration, tokens.access_token, claims?.sub ?? ''), { email })
  t.match(await openid.tokenIntrospection(own.configuration, tokens.access_token), {
    active: true,
    client_id: own.id,
    sid: claims?.sid,
  })
})

t.test('a form as FastAPI’s helper and Swagger UI send it gets all that the application is registered for', async t => {
  const client = await application(app, { ...OURS, token_endpoint_auth_method: 'client_secret_post' })
  const credentials = { client_id: client.id, client_secret: client.secret ?? '' }
  const body = new URLSearchParams({ ...withPassword(await verifiedUser(app)), scope: '', ...credentials })
  const response = await fetch(`${issuer}/oauth2/token`, { method: 'POST', body })
  const tokens = (await response.json()) as Answer
  t.equal(response.status, 200)
  t.equal(response.headers.get('cache-control'), 'no-store')
  t.equal(response.headers.get('set-cookie'), null)
  t.same(new Set(tokens.scope.split(' ')), new Set(SCOPE.split(' ')))
  t.equal((await films(tokens.access_token)).status, 200)
})

t.test('tokens have the scopes that were asked for', async t => {
  const user = await verifiedUser(app)
  const cases: [scope: string, idToken: boolean, films: number][] = [
    ['films:read', false, 200],
    ['openid films:read', true, 200],
    ['openid email', true, 401],
    ['profile', false, 401],
  ]
  for (const [scope, idToken, status] of cases) {
    const { body } = await post({ ...withPassword(user), scope })
    t.same(new Set(body.scope.split(' ')), new Set(scope.split(' ')), scope)
    t.equal('id_token' in body, idToken, scope)
    t.equal((await films(body.access_token)).status, status, scope)
    t.type(body.refresh_token, 'string', 'an application of our own stays signed in')
  }
})

t.test('scopes that it is not registered for are refused before anybody logs in', async t => {
  const narrow = await application(app, { ...OURS, scope: 'openid films:read' })
  const { user_id, email } = await logIn(app)
  const before = await eventsOf(user_id)
  for (const scope of ['openid email', 'contacts', 'films:read films:write', 'openid __proto__'])
    t.match(await poster(issuer, narrow)({ ...withPassword({ email }), scope }), {
      status: 400,
      body: { error: 'invalid_scope' },
    })
  t.same(await eventsOf(user_id), before)
})

t.test('threat: an application of somebody else collects passwords', async t => {
  for (const grant_types of [['password'], ['password', 'authorization_code']] as const)
    await t.rejects(
      application(app, {
        ...OURS,
        redirect_uris: ['https://news.example/cb'],
        first_party: false,
        grant_types: [...grant_types],
      }),
      {
        code: 'client-metadata-invalid',
        details: { field: 'grant_types', problem: /first-party/ },
      },
    )
  const admin = await administrator(app)
  const sold = await application(app, OURS)
  const payload = { first_party: false }
  const refused = await call(app, 'PATCH', `/oauth2/clients/${sold.id}`, { token: admin.token, payload })
  t.match(refused.json(), { message: 'client-metadata-invalid' })
  // Nor if the database says so.
  const metadata = JSON.stringify({ ...OURS, ...payload })
  await app.db.updateTable('oauth_clients').set({ metadata }).where('client_id', '=', sold.id).execute()
  const { status, body } = await poster(issuer, sold)(withPassword(await verifiedUser(app)))
  t.match({ status, body }, { status: 400, body: { error: 'invalid_request', error_description: /not allowed/ } })
})

t.test('an application of our own that is not registered for it does not have it', async t => {
  const other = await application(app, { first_party: true, scope: SCOPE })
  const { status, body } = await poster(issuer, other)(withPassword(await verifiedUser(app)))
  t.match({ status, body }, { status: 400, body: { error: 'invalid_request', error_description: /not allowed/ } })
})

t.test('whoever is no application has nothing', async t => {
  const user = await verifiedUser(app)
  const stranger = poster(issuer, { ...own, secret: 'wrong' })
  t.match(await stranger(withPassword(user)), { status: 401, body: { error: 'invalid_client' } })
})

t.test('every refusal has the error that RFC 6749 has for it, and says why', async t => {
  const { email } = await verifiedUser(app)
  const unverified = newEmail()
  await call(app, 'POST', '/users/v1/signup', { payload: { email: unverified, password: PASSWORD } })
  const disabled = await logIn(app)
  const payload = { disabled: true }
  await call(app, 'PATCH', `/users/v1/${disabled.user_id}`, { token: (await administrator(app)).token, payload })
  const cases: [form: Record<string, string>, error: string, description: RegExp][] = [
    [withPassword({ email, password: WRONG }), 'invalid_grant', /wrong/],
    [withPassword({ email: newEmail(), password: WRONG }), 'invalid_grant', /wrong/],
    [withPassword({ email, password: 'short' }), 'invalid_grant', /password/],
    [withPassword({ email, password: 'x'.repeat(1025) }), 'invalid_grant', /password/],
    [withPassword({ email: 'leia' }), 'invalid_grant', /malformed/],
    [withPassword({ email: unverified }), 'invalid_grant', /not verified/],
    [withPassword({ email: disabled.email }), 'invalid_grant', /disabled/],
    [withToken('x', { otp: '123456' }), 'invalid_grant', /./],
    [withToken('x', { otp: 'letters' }), 'invalid_grant', /./],
    [{ grant_type: 'password', username: email }, 'invalid_request', /'password'/],
    [{ grant_type: 'password', username: email, password: '' }, 'invalid_request', /'password'/],
    [{ grant_type: 'password', password: PASSWORD }, 'invalid_request', /'username'/],
    [withToken('x', {}), 'invalid_request', /'otp'/],
    [withToken('x', { otp: '123456', recovery_code: 'AAAA-AAAA-AAAA-AAAA' }), 'invalid_request', /exclude/],
  ]
  for (const [form, error, description] of cases) {
    const { status, body, headers } = await post(form)
    const name = JSON.stringify(form).slice(0, 120)
    t.match({ status, body }, { status: 400, body: { error, error_description: description } }, name)
    t.same(Object.keys(body), ['error', 'error_description'], name)
    t.equal(headers.get('cache-control'), 'no-store', name)
  }
})

t.test('a client that wants its tokens bound to a key is told that these are not', async t => {
  const { body } = await post(withPassword(await verifiedUser(app)), { dpop: 'x' })
  t.match(body, { error: 'invalid_request', error_description: /key/ })
  await t.rejects(application(app, { ...OURS, dpop_bound_access_tokens: true }), {
    code: 'client-metadata-invalid',
    details: { field: 'dpop_bound_access_tokens' },
  })
})

t.test('the session is the application’s: people see it, and end it with all that it was given', async t => {
  const user = await verifiedUser(app)
  const { body: tokens } = await post({ ...withPassword(user), scope: 'openid films:read' })
  const person = await logIn(app, user)
  const session = (await sessionsOf(person.token)).find(({ application }) => application)
  t.match(session, { application: { client_id: own.id, name: 'Holonet News' } })
  const { body: next } = await post({ grant_type: 'refresh_token', refresh_token: tokens.refresh_token })
  t.equal((await films(next.access_token)).status, 200)
  await call(app, 'DELETE', `/users/v1/sessions/${session?.id}`, { token: person.token })
  for (const token of [tokens.access_token, next.access_token]) t.equal((await films(token)).status, 401)
  t.match(await post({ grant_type: 'refresh_token', refresh_token: tokens.refresh_token }), {
    status: 400,
    body: { error: 'invalid_grant' },
  })
  t.match(await eventsOf(person.user_id), [
    { kind: 'session-ended' },
    { kind: 'logged-in', client_id: null },
    { kind: 'logged-in', client_id: own.id },
  ])
})

t.test('a refresh token of a public application rotates', async t => {
  const spa = await application(app, { ...OURS, token_endpoint_auth_method: 'none' })
  const post = poster(issuer, spa)
  const { body: tokens } = await post(withPassword(await verifiedUser(app)))
  const { body: next } = await post({ grant_type: 'refresh_token', refresh_token: tokens.refresh_token })
  t.not(next.refresh_token, tokens.refresh_token)
  t.same(new Set(next.scope.split(' ')), new Set(SCOPE.split(' ')))
  t.equal((await films(next.access_token)).status, 200)
})

t.test('an application that is not registered for refresh tokens gets none', async t => {
  const brief = await application(app, { ...OURS, grant_types: ['password'], scope: 'openid films:read' })
  const { status, body } = await poster(issuer, brief)(withPassword(await verifiedUser(app)))
  t.equal(status, 200)
  t.notOk('refresh_token' in body)
})

t.test('a second factor is asked for, and the login is finished by the same grant', async t => {
  const { user, secret, recovery_codes } = await enrolled(app)
  const challenge = async () => {
    const { status, body } = await post({ ...withPassword(user), scope: 'openid films:read' })
    t.match({ status, body }, { status: 400, body: { error: 'mfa_required', error_description: /second factor/ } })
    t.match(body, { mfa_token: String, expires_in: 300, methods: ['totp', 'recovery_code'] })
    t.notOk('access_token' in body)
    return String(body.mfa_token)
  }
  const finish = (mfa_token: string, second: Record<string, string>) =>
    post({ ...withToken(mfa_token, second), scope: 'openid films:read' })

  const first = await challenge()
  t.match((await finish(first, { otp: wrongOtp(secret) })).body, {
    error: 'invalid_grant',
    error_description: /one-time/,
  })
  const { status, body } = await finish(first, { otp: otpOf(secret).replace(/^.../, '$& ') })
  t.equal(status, 200)
  t.equal((await films(body.access_token)).status, 200)
  const claims = JSON.parse(Buffer.from(body.id_token.split('.')[1] ?? '', 'base64url').toString())
  t.match(claims, { amr: ['pwd', 'otp', 'mfa'], acr: 'aal2' })
  t.match((await finish(first, { otp: otpOf(secret, 1) })).body, { error: 'invalid_grant' }, 'an mfa_token works once')

  const second = await challenge()
  const [code = ''] = recovery_codes
  t.match((await finish(second, { recovery_code: 'AAAA-AAAA-AAAA-AAAA' })).body, { error: 'invalid_grant' })
  t.equal((await finish(second, { recovery_code: code.toLowerCase() })).status, 200)
  t.match((await finish(second, { recovery_code: code })).body, { error: 'invalid_grant' })
})

t.test('threat: a login that one application has begun is finished by another, or by the service', async t => {
  const { user, secret } = await enrolled(app)
  const another = poster(issuer, await application(app, OURS))
  const mfa_token = String((await post(withPassword(user))).body.mfa_token)
  const otp = otpOf(secret)
  t.match((await another(withToken(mfa_token, { otp }))).body, { error: 'invalid_grant' })
  const finish = (mfa_token: string) => call(app, 'POST', '/users/v1/login/mfa', { payload: { mfa_token, otp } })
  t.match((await finish(mfa_token)).json(), { statusCode: 401, message: 'token-invalid' })
  const own = await call(app, 'POST', '/users/v1/login', { payload: user })
  t.match((await post(withToken(own.json().mfa_token, { otp }))).body, { error: 'invalid_grant' })
  t.equal((await post(withToken(mfa_token, { otp }))).status, 200, 'its own can, and has lost no attempt')
})

t.test('a passkey, which no form can send, is not among the second factors', async t => {
  const { token, user } = await enrolled(app)
  await register(app, token, authenticator(issuer))
  t.match((await call(app, 'POST', '/users/v1/login', { payload: user })).json(), {
    methods: ['totp', 'passkey', 'recovery_code'],
  })
  t.match((await post(withPassword(user))).body, { methods: ['totp', 'recovery_code'] })
})

t.test('connected applications are no logins: LOGIN_POLICY=single neither counts nor refuses them', async t => {
  const { app, post } = await withApplication(t, { LOGIN_POLICY: 'single' })
  const user = await verifiedUser(app)
  t.equal((await post(withPassword(user))).status, 200)
  const logIn = () => call(app, 'POST', '/users/v1/login', { payload: user })
  t.equal((await logIn()).statusCode, 200)
  t.equal((await post(withPassword(user))).status, 200, 'also while the user is logged in')
  t.match((await logIn()).json(), { message: 'user-already-logged-in' })
})

t.test('the guesses of one mfa_token are counted', async t => {
  const { user, secret } = await enrolled(app)
  const { body } = await post(withPassword(user))
  for (let i = 0; i < 5; i++) await post(withToken(body.mfa_token, { otp: wrongOtp(secret) }))
  const late = await post(withToken(body.mfa_token, { otp: otpOf(secret) }))
  t.match(late.body, { error: 'invalid_grant' })
})

t.test('failures lock the account for this way and for the login together', async t => {
  const { app, post } = await withApplication(t, { ACCOUNT_ATTEMPTS_MAX: '1' })
  const user = { email: newEmail(), password: WRONG }
  t.equal((await post(withPassword(user))).status, 400)
  await call(app, 'POST', '/users/v1/login', { payload: user })
  const { status, headers, body } = await post(withPassword(user))
  t.match({ status, body }, { status: 429, body: { error: 'temporarily_unavailable' } })
  t.ok(Number(headers.get('retry-after')) > 0)
  t.equal((await call(app, 'POST', '/users/v1/login', { payload: user })).statusCode, 429)
})

t.test('requests count against AUTH_RATE_LIMIT_MAX with those of the login, whatever is in them', async t => {
  const { app, post } = await withApplication(t, { AUTH_RATE_LIMIT_MAX: '3' })
  const user = { email: newEmail(), password: WRONG }
  for (let i = 0; i < 2; i++) await post(withPassword(user))
  await post(withToken('x', { otp: '123456' }))
  const { status, headers, body } = await post(withPassword(user))
  t.match({ status, body }, { status: 429, body: { error: 'temporarily_unavailable' } })
  t.ok(Number(headers.get('retry-after')) > 0)
  t.equal((await call(app, 'POST', '/users/v1/login', { payload: user })).statusCode, 429)
  t.match((await post({ grant_type: 'refresh_token', refresh_token: 'x' })).body, { error: 'invalid_grant' })
})

t.test('a server that TRUST_PROXY lists passes on the addresses of its users, and each has a budget', async t => {
  const { app, post } = await withApplication(t, { AUTH_RATE_LIMIT_MAX: '1', TRUST_PROXY: '127.0.0.1' })
  const user = { email: newEmail(), password: WRONG }
  const from = (ip: string) => post(withPassword(user), { 'x-forwarded-for': ip })
  t.equal((await from('192.0.2.1')).status, 400)
  t.equal((await from('192.0.2.1')).status, 429)
  t.equal((await from('192.0.2.2')).status, 400)
  const failures = await app.db.selectFrom('audit_events').select('ip').where('kind', '=', 'login-failed').execute()
  t.same(failures, [{ ip: '192.0.2.1' }, { ip: '192.0.2.2' }])
})

t.test('enumeration: unknown, unverified and wrong get one answer where accounts are hidden', async t => {
  const { app, post } = await withApplication(t, { HIDE_ACCOUNTS: 'true' })
  const { email: known } = await verifiedUser(app)
  const unverified = newEmail()
  await call(app, 'POST', '/users/v1/signup', { payload: { email: unverified, password: PASSWORD } })
  const answers = []
  for (const [email, password] of [
    [newEmail(), PASSWORD],
    [unverified, PASSWORD],
    [known, WRONG],
  ] as const) {
    const { status, body } = await post(withPassword({ email, password }))
    answers.push({ status, body })
  }
  t.match(answers[0], { status: 400, body: { error: 'invalid_grant' } })
  t.same(answers, Array(3).fill(answers[0]))
})

t.test('a full queue of passwords is 503', async t => {
  const { app, post } = await withApplication(t)
  const user = await verifiedUser(app)
  app.passwords.assertCapacity = () => {
    throw errors.unavailable({ retryAfter: 2 })
  }
  const { status, headers, body } = await post(withPassword(user))
  t.match({ status, body }, { status: 503, body: { error: 'temporarily_unavailable' } })
  t.ok(headers.get('retry-after'))
})

t.test('threat: another site has its visitors’ browsers try passwords', async t => {
  const spa = await application(app, { ...OURS, token_endpoint_auth_method: 'none' })
  const user = await verifiedUser(app)
  const { body } = await poster(issuer, spa)(withPassword(user), { origin: 'https://evil.example' })
  t.match(body, { error: 'invalid_request', error_description: /origin/ })
})
