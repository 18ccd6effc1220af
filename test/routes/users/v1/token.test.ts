import t from 'tap'
import { errors } from '#schemas/errors.ts'
import { administrator, build, call, logIn, newEmail, PASSWORD, verifiedUser } from '../../../support/app.ts'
import { documentOf } from '../../../support/document.ts'
import { challenge, enrolled, otpOf, steppingClock } from '../../../support/mfa.ts'
import { age, logOut, readFilms, reuseEvents, rotate } from '../../../support/session.ts'
import { asForm, postForm, TOKEN } from '../../../support/token-form.ts'

steppingClock(t)

const WRONG = 'Coruscant19BBY'
const app = await build(t)

t.test('e-mail and password are exchanged for tokens, which no cache may keep, and for no cookie', async t => {
  const response = await postForm(app, asForm(await verifiedUser(app)))
  t.equal(response.statusCode, 200)
  t.match(response.headers, { 'cache-control': 'no-store', 'content-type': /^application\/json/ })
  t.equal(response.headers['set-cookie'], undefined)
  const body = response.json()
  t.same(Object.keys(body).sort(), ['access_token', 'expires_in', 'refresh_token', 'token_type'])
  t.match(body, { token_type: 'Bearer', expires_in: 900 })
  t.equal((await readFilms(app, body.access_token)).statusCode, 200)
  t.equal((await rotate(app, body.refresh_token)).statusCode, 200)
})

t.test('the parameters that OAuth clients add change nothing', async t => {
  const { email, password } = await verifiedUser(app)
  const own = { username: email, password }
  const forms: Record<string, string>[] = [
    own,
    { ...own, grant_type: '' },
    { ...own, grant_type: 'password', scope: '', client_id: '', client_secret: '' },
    { ...own, grant_type: 'password', scope: 'films:read', client_id: 'x', client_secret: 'y', audience: 'z' },
    { ...own, username: email.toUpperCase() },
  ]
  for (const form of forms) t.equal((await postForm(app, form)).statusCode, 200, JSON.stringify(form))
  const basic = { authorization: `Basic ${Buffer.from('client:secret').toString('base64')}` }
  t.equal((await postForm(app, own, basic)).statusCode, 200, 'as Swagger UI sends them')
})

t.test('every error is one for OAuth clients and one for ours', async t => {
  const { email } = await verifiedUser(app)
  const unverified = newEmail()
  await call(app, 'POST', '/users/v1/signup', { payload: { email: unverified, password: PASSWORD } })
  const disabled = await logIn(app)
  const payload = { disabled: true }
  await call(app, 'PATCH', `/users/v1/${disabled.user_id}`, { token: (await administrator(app)).token, payload })

  const withPassword = (username: string, password = PASSWORD) => ({ grant_type: 'password', username, password })
  const cases: [form: Record<string, string> | string, error: string, message: string][] = [
    [withPassword(email, WRONG), 'invalid_grant', 'invalid-grant'],
    [withPassword(newEmail(), WRONG), 'invalid_grant', 'invalid-grant'],
    [withPassword(email, 'short'), 'invalid_grant', 'password-invalid'],
    [withPassword(email, 'x'.repeat(1025)), 'invalid_grant', 'password-invalid'],
    [withPassword('leia'), 'invalid_grant', 'email-invalid'],
    [withPassword(unverified), 'invalid_grant', 'email-unverified'],
    [withPassword(disabled.email), 'invalid_grant', 'account-disabled'],
    [{ grant_type: 'password', password: PASSWORD }, 'invalid_request', 'request-invalid'],
    [{ grant_type: 'password', username: email }, 'invalid_request', 'request-invalid'],
    [{ grant_type: 'password', username: email, password: '' }, 'invalid_request', 'request-invalid'],
    [{}, 'invalid_request', 'request-invalid'],
    [{ grant_type: 'refresh_token' }, 'invalid_request', 'request-invalid'],
    [{ grant_type: 'refresh_token', refresh_token: 'x' }, 'invalid_grant', 'invalid-grant'],
    [{ grant_type: 'client_credentials' }, 'unsupported_grant_type', 'unsupported-grant-type'],
    [{ grant_type: '__proto__' }, 'unsupported_grant_type', 'unsupported-grant-type'],
  ]
  for (const [form, error, message] of cases) {
    const response = await postForm(app, form)
    t.match(
      response.json(),
      { error, error_description: String, status: 'error', statusCode: 400, message },
      JSON.stringify(form).slice(0, 100),
    )
    t.equal(response.statusCode, 400)
    t.equal(response.headers['cache-control'], 'no-store')
  }
})

t.test('a browser gets the same errors: whoever posts this form reads JSON', async t => {
  const response = await postForm(app, {}, { accept: 'text/html' })
  t.match(response.headers['content-type'], /^application\/json/)
})

t.test('descriptions keep to the characters of RFC 6749', async t => {
  for (const { meaning } of Object.values(errors)) t.match(meaning, /^[\x20-\x21\x23-\x5b\x5d-\x7e]+$/)
})

t.test('odd forms are refused, and nothing in them is guessed', async t => {
  const { email, password } = await verifiedUser(app)
  const good = new URLSearchParams({ username: email, password }).toString()
  const twice = [
    `${good}&password=${password}`,
    `${good}&password=`,
    `username=&${good}`,
    `${good}&grant_type=password&grant_type=refresh_token`,
    `${good}&scope=a&scope=b`,
    `${good}&unknown=a&unknown=b`,
  ]
  for (const form of twice)
    t.match((await postForm(app, form)).json(), { statusCode: 400, error: 'invalid_request' }, form)
  for (const form of ['', '&&', '=', '%', '{}', JSON.stringify({ username: email, password })])
    t.match((await postForm(app, form)).json(), { statusCode: 400, error: 'invalid_request' }, form)

  const other = (payload: string, headers: Record<string, string>) => call(app, 'POST', TOKEN, { payload, headers })
  const unsupported = { statusCode: 415, error: 'invalid_request', message: 'media-type-unsupported' }
  const json = JSON.stringify({ username: email, password })
  t.match((await other(json, { 'content-type': 'application/json' })).json(), unsupported)
  t.match((await other(good, { 'content-type': 'text/plain' })).json(), unsupported)
  t.match((await other(good, {})).json(), unsupported, 'without a type')
  const huge = await postForm(app, `${good}&scope=${'x'.repeat(70_000)}`)
  t.match(huge.json(), { statusCode: 413, error: 'invalid_request', message: 'body-too-large' })
  t.match((await call(app, 'GET', `${TOKEN}?${good}`)).json(), { statusCode: 405 }, 'a password in a URL')
  t.match((await call(app, 'POST', `${TOKEN}?${good}`)).json(), { statusCode: 400, error: 'invalid_request' })
})

t.test('a second factor is asked for, and completes the login where it always does', async t => {
  const { user, secret, user_id } = await enrolled(app)
  const sessions = () => app.db.selectFrom('sessions').select('id').where('user_id', '=', user_id).execute()
  const before = await sessions()
  const response = await postForm(app, asForm(user))
  t.equal(response.statusCode, 400)
  const { mfa_token, ...body } = response.json()
  t.match(body, {
    error: 'mfa_required',
    error_description: String,
    message: 'second-factor-required',
    expires_in: 300,
    methods: ['totp', 'recovery_code'],
  })
  t.equal(response.headers['cache-control'], 'no-store')
  t.same(await sessions(), before, 'and opens no session')

  const payload = { mfa_token, otp: otpOf(secret) }
  t.match((await call(app, 'POST', '/users/v1/login/mfa', { payload })).json(), { token: String })
})

t.test('threat: the second factor is skipped at the token endpoint', async t => {
  const { user, user_id, secret } = await enrolled(app)
  const { mfa_token } = await challenge(app, user)
  const own = asForm(user)
  const otp = otpOf(secret)
  const tries: Record<string, string>[] = [
    { ...own, otp },
    { ...own, mfa_token, otp },
    { ...own, refresh_token: mfa_token },
    { ...own, scope: 'mfa', client_id: 'holocron', acr_values: 'mfa' },
    { grant_type: 'refresh_token', refresh_token: mfa_token },
    { ...own, grant_type: 'refresh_token', refresh_token: mfa_token },
    { grant_type: 'http://auth0.com/oauth/grant-type/mfa-otp', mfa_token, otp },
  ]
  const sessions = () => app.db.selectFrom('sessions').select('id').where('user_id', '=', user_id).execute()
  const before = await sessions()
  for (const form of tries) {
    const response = await postForm(app, form)
    t.equal(response.statusCode, 400)
    t.notMatch(response.body, /access_token|"refresh_token"/)
  }
  t.same(await sessions(), before)
})

t.test('a refresh token is exchanged as at `generate_tokens`, and used again it ends the session', async t => {
  const refresh = (refresh_token: string) => postForm(app, { grant_type: 'refresh_token', refresh_token })
  const first = (await postForm(app, asForm(await verifiedUser(app)))).json()
  const second = (await refresh(first.refresh_token)).json()
  t.match(second, { access_token: String, token_type: 'Bearer', expires_in: 900, refresh_token: String })
  t.equal((await readFilms(app, first.access_token)).statusCode, 401)
  t.equal((await readFilms(app, second.access_token)).statusCode, 200)
  t.same((await refresh(first.refresh_token)).json(), second, 'a response that was lost')

  await age(app, second.access_token, 60_000)
  t.match((await refresh(first.refresh_token)).json(), { statusCode: 400, error: 'invalid_grant' })
  t.equal((await readFilms(app, second.access_token)).statusCode, 401)
  t.equal((await reuseEvents(app, second.access_token)).length, 1)
})

t.test('no other token refreshes', async t => {
  const session = await logIn(app)
  for (const token of [session.token, '', 'x', `${session.refresh_token}x`])
    t.equal((await postForm(app, { grant_type: 'refresh_token', refresh_token: token })).statusCode, 400)
  await logOut(app, session.token)
  const ended = await postForm(app, { grant_type: 'refresh_token', refresh_token: session.refresh_token })
  t.match(ended.json(), { statusCode: 400, error: 'invalid_grant' })
  t.equal(ended.headers['www-authenticate'], undefined)
})

t.test('a change of the password is advised as at a login', async t => {
  const app = await build(t, { ADVISE_PASSWORD_CHANGE: 'true' })
  const user = await verifiedUser(app)
  const password = 'older than the rule'
  const password_hash = await app.passwords.hash(password)
  await app.db.updateTable('users').set({ password_hash }).where('email', '=', user.email).execute()
  t.match((await postForm(app, asForm({ ...user, password }))).json(), {
    access_token: String,
    password_change_advised: true,
  })
})

t.test('the document describes the form, the errors, and a password flow that leads to it', async t => {
  const app = await build(t, { PUBLIC_URL: 'https://example.org/auth' })
  const { components, paths } = await documentOf(app)
  const url = 'https://example.org/auth/users/v1/token'
  const flows = { password: { tokenUrl: url, refreshUrl: url, scopes: {} } }
  t.match(components.securitySchemes.login, { flows })
  t.match(paths['/films/v1/']?.get?.security, [{ login: [] }, { accessToken: [] }, { sessionCookie: [] }])
  const { requestBody, responses = {} } = paths[TOKEN]?.post ?? {}
  t.same(Object.keys(requestBody?.content ?? {}), ['application/x-www-form-urlencoded'])
  const { schema, examples = {} } = responses[400]?.content?.['application/json'] ?? {}
  t.equal(schema?.allOf?.[0]?.$ref, '#/components/schemas/OAuthError')
  t.match(examples['second-factor-required']?.value, { error: 'mfa_required', mfa_token: String, methods: Array })
  t.equal(responses[404], undefined)
  const swaggerUi = (await call(app, 'GET', '/ui/json')).json()
  t.equal(swaggerUi.components.securitySchemes.login.flows.password.tokenUrl, '/auth/users/v1/token')
})
