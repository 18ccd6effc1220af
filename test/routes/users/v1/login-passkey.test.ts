// Login by passkey alone: one signature of the right authenticator, for this host, its user verified, opens one session.
import type { FastifyInstance } from 'fastify'
import t from 'tap'
import { administrator, build, call, logIn, newEmail, PASSWORD } from '../../../support/app.ts'
import { authenticator, type Twist } from '../../../support/authenticator.ts'
import { cookieIn, ORIGIN, OWN_PAGE, setCookie } from '../../../support/cookies.ts'
import { expectError } from '../../../support/error-response.ts'
import { eventKinds } from '../../../support/mails.ts'
import {
  creationOptions,
  holder,
  LOGIN,
  PASSKEYS,
  passkeyLogin,
  register,
  requestOptions,
  sendAssertion,
} from '../../../support/passkeys.ts'
import { outcome, readFilms, rotate } from '../../../support/session.ts'

const app = await build(t)
const REFUSED = '401 passkey-invalid'

const sessionsOf = async (user_id: number, on = app) =>
  (await on.db.selectFrom('sessions').select('id').where('user_id', '=', user_id).execute()).length

t.test('the options are public: no account is needed, and nothing is stored', async t => {
  const before = await app.db.selectFrom('used_challenges').select('id').execute()
  const response = await call(app, 'POST', `${LOGIN}/options`, { headers: { host: 'evil.test' } })
  t.equal(response.headers['cache-control'], 'no-store')
  const { challenge, ...options } = response.json()
  t.match(challenge, /^[\w-]{40,}$/)
  t.same(options, { rpId: 'holocron.test', allowCredentials: [], timeout: 300_000, userVerification: 'required' })
  t.not((await requestOptions(app)).challenge, challenge)
  t.same(await app.db.selectFrom('used_challenges').select('id').execute(), before)
})

for (const count of [0, 1])
  t.test(
    `a passkey logs in, again and again, with an authenticator that ${count ? 'counts' : 'does not count'}`,
    async t => {
      const { key, user_id, email, token } = await holder(app, count)
      for (let i = 0; i < 3; i++) {
        const response = await passkeyLogin(app, key)
        t.equal(response.statusCode, 200, response.body)
        t.equal(response.headers['cache-control'], 'no-store')
        t.match(response.json(), { token_type: 'Bearer', expires_in: Number, user_id, email })
        t.equal(outcome(await readFilms(app, response.json().token)), '200')
        t.equal(outcome(await rotate(app, response.json().refresh_token)), '200')
      }
      t.match((await call(app, 'GET', PASSKEYS, { token })).json(), { results: [{ last_used: String }] })
      t.equal((await eventKinds(app, user_id)).filter(kind => kind === 'logged-in').length, 4)
    },
  )

const twists: [name: string, twist: Twist][] = [
  ['signed on another origin', { origin: 'http://evil.test' }],
  ['signed on another port', { origin: `${ORIGIN}:8080` }],
  ['signed on a subdomain', { origin: 'http://www.holocron.test' }],
  ['signed over TLS, where the service has none', { origin: 'https://holocron.test' }],
  ['signed for another host', { rpId: 'evil.test' }],
  ['signed in a frame of another page', { crossOrigin: true }],
  ['an answer to a challenge of its own', { challenge: Buffer.alloc(56).toString('base64url') }],
  ['an answer to an empty challenge', { challenge: '' }],
  ['an attestation in the clothes of an assertion', { type: 'webauthn.create' }],
  ['signed without the user verified', { flags: 1 }],
  ['signed without the user present', { flags: 4 }],
  ['one that became another kind of passkey', { flags: 1 | 4 | 8 }],
  ['a signature over something else', { signed: () => Buffer.from('x') }],
  ['a signature over other client data', { signed: data => Buffer.concat([data.subarray(0, 37), Buffer.alloc(32)]) }],
  ['without the account’s handle', { userHandle: null }],
  ['with a handle of nobody', { userHandle: Buffer.alloc(16, 1).toString('base64url') }],
]
for (const [name, twist] of twists)
  t.test(`threat: ${name} opens nothing`, async t => {
    const { key, user_id } = await holder(app)
    expectError(t, await passkeyLogin(app, key, twist), 401, 'passkey-invalid')
    t.equal(await sessionsOf(user_id), 1)
    t.equal((await eventKinds(app, user_id)).at(-1), 'login-failed')
    t.equal((await passkeyLogin(app, key)).statusCode, 200, 'and the passkey works')
  })

t.test('a token with any flipped bit is rejected', async t => {
  const { key } = await holder(app)
  const good = key.get(await requestOptions(app))
  for (const field of ['clientDataJSON', 'authenticatorData', 'signature'] as const) {
    const bytes = Buffer.from(good.response[field], 'base64url')
    for (const at of [0, Math.floor(bytes.length / 2), bytes.length - 1]) {
      const turned = Buffer.from(bytes)
      turned[at] = (turned[at] ?? 0) ^ 1
      const response = { ...good.response, [field]: turned.toString('base64url') }
      t.equal(outcome(await sendAssertion(app, { ...good, response })), REFUSED, `${field} ${at}`)
    }
  }
  t.equal((await sendAssertion(app, good)).statusCode, 200, 'and none of it used the challenge up')
})

t.test("threat: a passkey's owner logs in as somebody else", async t => {
  const [mine, other] = [await holder(app), await holder(app)]
  const good = mine.key.get(await requestOptions(app))
  const handle = other.key.get(await requestOptions(app)).response.userHandle
  const attempts: [name: string, credential: object][] = [
    ['their credential, my signature', { ...good, id: other.key.id, rawId: other.key.id }],
    ['theirs by one of two ids', { ...good, id: other.key.id }],
    ['my credential, their handle', { ...good, response: { ...good.response, userHandle: handle } }],
    [
      'both theirs',
      { ...good, id: other.key.id, rawId: other.key.id, response: { ...good.response, userHandle: handle } },
    ],
  ]
  for (const [name, credential] of attempts) t.equal(outcome(await sendAssertion(app, credential)), REFUSED, name)
  t.equal(await sessionsOf(other.user_id), 1)
})

t.test('a passkey that was made and never registered is refused like all others', async t => {
  const { token } = await logIn(app)
  const key = authenticator(ORIGIN)
  key.create(await creationOptions(app, token))
  expectError(t, await passkeyLogin(app, key), 401, 'passkey-invalid')
})

t.test('threat: the challenge of a registration serves for a login', async t => {
  const { key, token } = await holder(app)
  const { challenge } = await creationOptions(app, token)
  expectError(t, await passkeyLogin(app, key, { challenge }), 401, 'passkey-invalid')
})

t.test('a removed passkey opens nothing, and neither does one of a deleted account', async t => {
  const { key, passkey_id, token } = await holder(app)
  const payload = { password: PASSWORD }
  t.equal((await call(app, 'DELETE', `${PASSKEYS}/${passkey_id}`, { token, payload })).statusCode, 200)
  expectError(t, await passkeyLogin(app, key), 401, 'passkey-invalid')
  const gone = await holder(app)
  t.equal((await call(app, 'DELETE', `/users/v1/${gone.user_id}`, { token: gone.token, payload })).statusCode, 200)
  expectError(t, await passkeyLogin(app, gone.key), 401, 'passkey-invalid')
})

t.test("a disabled account is rejected as at any login, but revealed only to the passkey's owner", async t => {
  const { key, user_id } = await holder(app)
  const admin = await administrator(app)
  const payload = { disabled: true }
  t.equal((await call(app, 'PATCH', `/users/v1/${user_id}`, { token: admin.token, payload })).statusCode, 200)
  expectError(t, await passkeyLogin(app, key), 400, 'account-disabled')
  expectError(t, await passkeyLogin(app, key, { signed: () => Buffer.from('x') }), 401, 'passkey-invalid')
  t.equal(await sessionsOf(user_id), 1)
})

t.test('an account with an unverified e-mail is rejected as at any login', async t => {
  const { key, user_id } = await holder(app)
  await app.db.updateTable('users').set({ email_verified: 0 }).where('id', '=', user_id).execute()
  expectError(t, await passkeyLogin(app, key), 400, 'email-unverified')
})

t.test('a passkey outlives a new password, a new address and a rotation', async t => {
  const { key, token, user_id } = await holder(app)
  const payload = { old_password: PASSWORD, new_password: 'Bespin1980' }
  const changed = (await call(app, 'PUT', '/users/v1/password', { token, payload })).json()
  t.equal((await rotate(app, changed.refresh_token)).statusCode, 200)
  const email = newEmail()
  await app.db.updateTable('users').set({ email }).where('id', '=', user_id).execute()
  t.match((await passkeyLogin(app, key)).json(), { user_id, email })
})

t.test('a browser gets its session in the cookie, and not from another site', async t => {
  const { key, user_id, email } = await holder(app)
  const send = async (headers: Record<string, string>) =>
    call(app, 'POST', '/sessions/v1/passkey', { headers, payload: { credential: key.get(await requestOptions(app)) } })
  for (const headers of [{ origin: 'http://evil.test' }, { 'sec-fetch-site': 'cross-site' }]) {
    const response = await send(headers)
    expectError(t, response, 403, 'cross-site')
    t.equal(setCookie(response), undefined)
  }
  const response = await send(OWN_PAGE)
  t.equal(response.statusCode, 200, response.body)
  t.same(response.json(), { status: 'ok', user_id, email })
  const me = await call(app, 'GET', '/users/v1/me', { headers: { cookie: `holocron=${cookieIn(response)}` } })
  t.match(me.json(), { id: user_id })
})

t.test('huge, malformed and unknown fields are refused by the schema', async t => {
  const { key } = await holder(app)
  const good = key.get(await requestOptions(app))
  const bad: [name: string, credential: unknown][] = [
    ['none', undefined],
    ['a text', 'x'],
    ['a list', [good]],
    ['a huge id', { ...good, id: 'x'.repeat(1365) }],
    ['an object for an id', { ...good, id: { $ne: '' } }],
    ['another type', { ...good, type: 'password' }],
    ['an unknown member', { ...good, admin: true }],
    ['no signature', { ...good, response: { ...good.response, signature: undefined } }],
    ['a huge signature', { ...good, response: { ...good.response, signature: 'x'.repeat(2049) } }],
    ['huge data', { ...good, response: { ...good.response, authenticatorData: 'x'.repeat(2049) } }],
    ['huge client data', { ...good, response: { ...good.response, clientDataJSON: 'x'.repeat(4097) } }],
    ['a handle that is an email', { ...good, response: { ...good.response, userHandle: 'a@b.example' } }],
    [
      'many extensions',
      { ...good, clientExtensionResults: Object.fromEntries(Array.from({ length: 17 }, (_, i) => [`x${i}`, 1])) },
    ],
  ]
  for (const [name, credential] of bad)
    t.equal(outcome(await sendAssertion(app, credential as object)), '400 request-invalid', name)
  t.equal((await sendAssertion(app, good)).statusCode, 200)
})

t.test('the log tells the operator why, and nothing that could be sent again', async t => {
  const lines: string[] = []
  const app = await build(t, { LOG_LEVEL: 'info' }, { write: line => void lines.push(line) })
  const { key } = await holder(app)
  const credential = key.get(await requestOptions(app), { origin: 'http://evil.test' })
  t.equal(outcome(await sendAssertion(app, credential)), REFUSED)
  const log = lines.join('')
  t.match(log, /"reason":"[^"]*origin[^}]*evil\.test[^}]*"msg":"passkey rejected"/)
  for (const secret of Object.values(credential.response)) t.notOk(log.includes(secret ?? '?'))
})

t.test(
  'logins by passkey are limited, and so are requests for options, which take nothing from the logins',
  async t => {
    const app: FastifyInstance = await build(t, { AUTH_RATE_LIMIT_MAX: '8' })
    for (let i = 0; i < 8; i++) await requestOptions(app)
    const beyond = { limit: 'AUTH_RATE_LIMIT_MAX' }
    expectError(t, await call(app, 'POST', `${LOGIN}/options`), 429, 'too-many-requests', beyond)
    for (let i = 0; i < 8; i++) t.equal((await sendAssertion(app, {})).statusCode, 400)
    expectError(t, await sendAssertion(app, {}), 429, 'too-many-requests', beyond)
  },
)

t.test('under a PUBLIC_URL with TLS, a port and a path, the host and the origin are those', async t => {
  const app = await build(t, { PUBLIC_URL: 'https://accounts.holocron.test:8443/auth' })
  const session = await logIn(app)
  const options = await creationOptions(app, session.token)
  t.match(options, { rp: { id: 'accounts.holocron.test' } })
  const key = authenticator('https://accounts.holocron.test:8443')
  t.equal((await register(app, session.token, key)).statusCode, 200)
  t.equal((await passkeyLogin(app, key)).statusCode, 200)
  t.equal(outcome(await passkeyLogin(app, key, { origin: 'https://accounts.holocron.test' })), REFUSED)
})
