import t from 'tap'
import { build, call, type LoggedIn, logIn, verifiedUser } from '../../../support/app.ts'
import { expectError } from '../../../support/error-response.ts'

const URL = '/users/v1/generate_tokens'
const app = await build(t)

const films = (token: string) => call(app, 'GET', '/films/v1/', { token })
const now = () => Math.floor(Date.now() / 1000)

/** The two forms of one request. */
const forms = {
  GET: (token: string | undefined, old?: string) =>
    call(app, 'GET', old === undefined ? URL : `${URL}?old_access_token=${encodeURIComponent(old)}`, given(token)),
  POST: (token: string | undefined, old?: string) =>
    call(app, 'POST', URL, { ...given(token), ...(old === undefined ? {} : { payload: { old_access_token: old } }) }),
}
const given = (token: string | undefined) => (token === undefined ? {} : { token })

function accessToken({ token }: LoggedIn, change: object): string {
  const { aud, iss, ...claims } = app.tokens.access.verify(token)
  return app.tokens.access.sign({ ...claims, ...change })
}

function refreshToken({ refresh_token }: LoggedIn, change: object): string {
  const { aud, iss, ...claims } = app.tokens.refresh.verify(refresh_token)
  return app.tokens.refresh.sign({ ...claims, ...change })
}

for (const [method, rotate] of Object.entries(forms)) {
  t.test(`${method} returns the next tokens; the previous ones are invalid`, async t => {
    const login = await logIn(app)
    const response = await rotate(login.refresh_token, login.token)
    t.equal(response.statusCode, 200)
    t.equal(response.headers['cache-control'], 'no-store')
    const next = response.json()
    t.same(Object.keys(next).sort(), ['expires_in', 'refresh_token', 'token', 'token_type', 'user_id'])
    t.match(next, { token_type: 'Bearer', expires_in: 900, user_id: login.user_id })
    t.equal((await films(next.token)).statusCode, 200)
    expectError(t, await films(login.token), 401, 'token-invalid')
  })

  t.test(`${method} works without the old access token, which becomes invalid too`, async t => {
    const login = await logIn(app)
    t.equal((await rotate(login.refresh_token)).statusCode, 200)
    expectError(t, await films(login.token), 401, 'token-invalid')
  })

  t.test(`${method} accepts an old access token that has expired`, async t => {
    const login = await logIn(app)
    t.equal((await rotate(login.refresh_token, accessToken(login, { exp: now() - 3600 }))).statusCode, 200)
  })

  t.test(`${method} refuses another’s access token, whether of a stranger or of another session`, async t => {
    const user = await verifiedUser(app)
    const login = await logIn(app, user)
    for (const other of [await logIn(app), await logIn(app, user)]) {
      expectError(t, await rotate(login.refresh_token, other.token), 403, 'token-invalid')
      t.equal((await films(other.token)).statusCode, 200, 'which lives on')
    }
    t.equal((await films(login.token)).statusCode, 200, 'and nothing was rotated')
    t.equal((await rotate(login.refresh_token, login.token)).statusCode, 200)
  })

  t.test(`${method} refuses a forged old access token, and rotates nothing`, async t => {
    const login = await logIn(app)
    const [header, claims, signature = ''] = login.token.split('.')
    const flipped = `${header}.${claims}.${signature.startsWith('A') ? 'B' : 'A'}${signature.slice(1)}`
    for (const forged of ['', 'x', flipped, `${header}.${claims}.`, login.refresh_token, 'x'.repeat(9000)])
      expectError(t, await rotate(login.refresh_token, forged), 401, 'token-invalid')
    t.equal((await films(login.token)).statusCode, 200)
  })

  t.test(`${method} rejects anything but a refresh token of a live session`, async t => {
    const login = await logIn(app)
    const none = await rotate(undefined)
    expectError(t, none, 401, 'authorisation-required')
    t.equal(none.headers['www-authenticate'], 'Bearer')
    for (const wrong of ['', 'x', 'x.y.z', login.token, `${login.refresh_token}x`])
      expectError(t, await rotate(wrong), 401, 'token-invalid')
    expectError(t, await rotate(refreshToken(login, { exp: now() - 1 })), 401, 'token-expired')
    expectError(t, await rotate(refreshToken(login, { gen: 7 })), 401, 'token-invalid')
    expectError(t, await rotate(refreshToken(login, { sid: 'no-such-session' })), 401, 'token-invalid')
    t.equal((await films(login.token)).statusCode, 200)
  })

  t.test(`${method}: after a logout there is nothing to rotate`, async t => {
    const login = await logIn(app)
    await call(app, 'POST', '/users/v1/logout', { token: login.token })
    expectError(t, await rotate(login.refresh_token), 401, 'token-invalid')
  })

  t.test(`${method}: a session ends at its absolute expiry, however often it was rotated`, async t => {
    const login = await logIn(app)
    const next = (await rotate(login.refresh_token)).json()
    await app.db.updateTable('sessions').set({ expires_at: 1 }).where('user_id', '=', login.user_id).execute()
    expectError(t, await rotate(next.refresh_token), 401, 'token-expired')
  })

  t.test(`${method}: the tokens of a deleted user are rejected`, async t => {
    const user = await verifiedUser(app)
    const login = await logIn(app, user)
    await app.db.deleteFrom('users').where('email', '=', user.email).execute()
    expectError(t, await rotate(login.refresh_token), 404, 'user-not-found')
  })
}

t.test('only the fields of the contract are accepted', async t => {
  const { refresh_token: token, token: old_access_token } = await logIn(app)
  const cases: [payload: unknown, field: string][] = [
    [{ old_access_token, user_id: 'x' }, 'user_id'],
    [{ refresh_token: token }, 'refresh_token'],
    [{ old_access_token: [old_access_token] }, 'old_access_token'],
    [{ old_access_token: { $ne: '' } }, 'old_access_token'],
    [{ old_access_token: null }, 'old_access_token'],
  ]
  for (const [payload, field] of cases) {
    const response = await call(app, 'POST', URL, { token, payload: payload as object })
    expectError(t, response, 400, 'request-invalid', { in: 'body', field })
  }
  expectError(t, await call(app, 'GET', `${URL}?extra=1`, { token }), 400, 'request-invalid', { field: 'extra' })
  const twice = `${URL}?old_access_token=${old_access_token}&old_access_token=x`
  expectError(t, await call(app, 'GET', twice, { token }), 400, 'request-invalid', { field: 'old_access_token' })
  t.equal((await films(old_access_token)).statusCode, 200, 'and nothing was rotated')
})

t.test('a refresh token in query or body is ignored', async t => {
  const { refresh_token } = await logIn(app)
  expectError(t, await call(app, 'POST', `${URL}?refresh_token=${refresh_token}`), 401, 'authorisation-required')
  expectError(t, await call(app, 'POST', URL, { payload: { refresh_token } }), 401, 'authorisation-required')
})

t.test('HEAD rotates nothing', async t => {
  const login = await logIn(app)
  const head = await call(app, 'HEAD', URL, { token: login.refresh_token })
  t.equal(head.statusCode, 405)
  t.equal((await films(login.token)).statusCode, 200)
})
