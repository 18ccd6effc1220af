// Registration: what an authenticator makes becomes a way into the account only where this session asked for it, with the password.
import type { FastifyInstance } from 'fastify'
import t from 'tap'
import {
  administrator,
  build,
  call,
  environment,
  type LoggedIn,
  logIn,
  PASSWORD,
  REAL,
  reauthenticated,
  verifiedUser,
} from '../../../../../support/app.ts'
import { authenticator } from '../../../../../support/authenticator.ts'
import { browse, browserLogIn, cookieIn, OWN_PAGE } from '../../../../../support/cookies.ts'
import { expectError } from '../../../../../support/error-response.ts'
import { eventKinds, subjectsTo } from '../../../../../support/mails.ts'
import { creationOptions, holder, ORIGIN, PASSKEYS, passkeyLogin, register } from '../../../../../support/passkeys.ts'
import { dead, nextTokens, outcome, readFilms } from '../../../../../support/session.ts'

const app = await build(t)
const OPTIONS = `${PASSKEYS}/options`

const rows = (user_id: number, on = app) =>
  on.db.selectFrom('passkeys').selectAll().where('user_id', '=', user_id).execute()

const send = (token: string, credential: unknown, on: FastifyInstance = app) =>
  call(on, 'POST', PASSKEYS, { token, payload: { credential } as object })

/** A user's id in 8 bytes. */
function handleOf(user_id: number): string {
  return Buffer.from(user_id.toString(16).padStart(16, '0'), 'hex').toString('base64url')
}

t.test(
  'the options ask for what a passkey is: discoverable, its user verified, for this host, and no attestation',
  async t => {
    const { token, email, user_id } = await logIn(app)
    const response = await call(app, 'POST', OPTIONS, {
      token,
      payload: { password: PASSWORD },
      headers: { host: 'evil.test' },
    })
    t.equal(response.headers['cache-control'], 'no-store')
    const { challenge, ...options } = response.json()
    t.match(challenge, /^[\w-]{40,}$/)
    t.same(options, {
      rp: { id: 'holocron.test', name: 'Holocron' },
      user: {
        id: handleOf(user_id),
        name: email,
        displayName: email,
      },
      pubKeyCredParams: [-8, -7, -257].map(alg => ({ type: 'public-key', alg })),
      timeout: 300_000,
      attestation: 'none',
      authenticatorSelection: { residentKey: 'required', requireResidentKey: true, userVerification: 'required' },
      excludeCredentials: [],
      extensions: { credProps: true },
    })
  },
)

t.test('a passkey is registered, shown and listed; the same authenticator is not asked again', async t => {
  const { token, user_id } = await reauthenticated(app, await logIn(app))
  const key = authenticator(ORIGIN)
  const response = await register(app, token, key, { flags: 1 | 4 | 8 | 16 }, "Leia's phone")
  t.equal(response.statusCode, 200, response.body)
  const { passkey } = response.json()
  t.match(passkey, {
    id: /^[0-9a-f-]{36}$/,
    credential_id: key.id,
    name: "Leia's phone",
    aaguid: '00000000-0000-0000-0000-000000000000',
    transports: ['internal', 'hybrid'],
    syncable: true,
    backed_up: true,
    created: String,
    last_used: null,
  })
  t.same((await call(app, 'GET', PASSKEYS, { token })).json(), { results: [passkey] })
  t.match((await creationOptions(app, token)).excludeCredentials, [
    { id: key.id, type: 'public-key', transports: ['internal', 'hybrid'] },
  ])
  t.notMatch(JSON.stringify(passkey), (await rows(user_id))[0]?.public_key ?? '?')
})

t.test('threat: a stolen access token adds a way in: the password is asked for', async t => {
  const { token, user_id } = await logIn(app)
  const payload = { password: 'Coruscant19BBY' }
  expectError(t, await call(app, 'POST', OPTIONS, { token, payload }), 403, 'password-wrong')
  expectError(t, await call(app, 'POST', OPTIONS, { token, payload: {} }), 403, 'reauthentication-required', {
    max_age: 900,
  })
  const own = app.passkeys.requestOptions()
  const user = handleOf(user_id)
  const credential = authenticator(ORIGIN).create({ ...own, rp: { id: own.rpId }, user: { id: user } })
  expectError(t, await send(token, credential), 400, 'passkey-invalid')
  t.same(await rows(user_id), [])
})

t.test('guesses at a confirming password are counted', async t => {
  const app = await build(t, { ACCOUNT_ATTEMPTS_MAX: '2' })
  const { token } = await logIn(app)
  const payload = { password: 'Coruscant19BBY' }
  for (let i = 0; i < 6; i++) await call(app, 'POST', OPTIONS, { token, payload })
  expectError(
    t,
    await call(app, 'POST', OPTIONS, { token, payload: { password: PASSWORD } }),
    429,
    'too-many-attempts',
    {
      limit: 'account',
    },
  )
})

t.test('threat: an intercepted response is sent by another account, or from another session of the same', async t => {
  const user = await verifiedUser(app)
  const [mine, other, stranger] = [await logIn(app, user), await logIn(app, user), await logIn(app)]
  const credential = authenticator(ORIGIN).create(await creationOptions(app, mine.token))
  expectError(t, await send(stranger.token, credential), 400, 'passkey-invalid')
  expectError(t, await send(other.token, credential), 400, 'passkey-invalid')
  t.equal((await send(mine.token, credential)).statusCode, 200)
})

t.test('a challenge is valid for one registration, sequentially or concurrently', async t => {
  const { token, user_id } = await logIn(app)
  const options = await creationOptions(app, token)
  const keys = Array.from({ length: 8 }, () => authenticator(ORIGIN))
  const answers = await Promise.all(keys.map(key => send(token, key.create(options))))
  t.same(answers.map(outcome).sort(), ['200', ...Array(7).fill('400 passkey-invalid')])
  expectError(t, await send(token, authenticator(ORIGIN).create(options)), 400, 'passkey-invalid')
  t.equal((await rows(user_id)).length, 1)
})

t.test('a challenge is valid for five minutes', async t => {
  const { token } = await logIn(app)
  const options = await creationOptions(app, token)
  const now = Date.now
  t.teardown(() => {
    Date.now = now
  })
  const credential = authenticator(ORIGIN).create(options)
  Date.now = () => now() + 300_001
  expectError(t, await send(token, credential), 400, 'passkey-invalid')
  Date.now = () => now() + 290_000
  t.equal((await send(token, credential)).statusCode, 200)
})

t.test('a credential that is already registered is rejected, whoever its owner is', async t => {
  const { key, token } = await holder(app)
  expectError(t, await register(app, token, key), 400, 'passkey-invalid')
  const { token: stranger, user_id } = await logIn(app)
  expectError(t, await register(app, stranger, key), 400, 'passkey-invalid')
  t.same(await rows(user_id), [])
  const contest = authenticator(ORIGIN)
  const users = [await logIn(app), await logIn(app), await logIn(app)]
  const answers = await Promise.all(users.map(user => register(app, user.token, contest)))
  t.same(answers.map(outcome).sort(), ['200', '400 passkey-invalid', '400 passkey-invalid'])
})

t.test('an account has twenty passkeys at most, also where twenty more are made at once', async t => {
  const { token, user_id } = await reauthenticated(app, await logIn(app))
  for (let i = 0; i < 18; i++) t.equal((await register(app, token, authenticator(ORIGIN))).statusCode, 200)
  const options = await Promise.all(Array.from({ length: 5 }, () => creationOptions(app, token)))
  const answers = await Promise.all(options.map(each => send(token, authenticator(ORIGIN).create(each))))
  t.same(answers.map(outcome).sort(), ['200', '200', ...Array(3).fill('409 too-many-passkeys')])
  t.equal((await rows(user_id)).length, 20)
  expectError(t, await call(app, 'POST', OPTIONS, { token, payload: { password: PASSWORD } }), 409, 'too-many-passkeys')
})

t.test('other sessions end, a notice is mailed, an audit event recorded, and this session continues', async t => {
  const user = await verifiedUser(app)
  const [mine, other] = [await logIn(app, user), await logIn(app, user)]
  const me = () => call(app, 'GET', '/users/v1/me', { token: mine.token })
  t.match((await me()).json(), { mfa_enabled: false })
  await register(app, mine.token, authenticator(ORIGIN))
  t.ok(await dead(app, other))
  t.equal(outcome(await readFilms(app, mine.token)), '200')
  t.match((await me()).json(), { mfa_enabled: true }, 'at once')
  t.same((await subjectsTo(app, user.email)).slice(1), ['A passkey was added to your account'])
  t.same((await eventKinds(app, mine.user_id)).slice(-2).sort(), ['passkey-added', 'session-ended'])
})

t.test('the first second factor brings ten recovery codes, shown once; a second passkey brings none', async t => {
  const { token, user_id } = await reauthenticated(app, await logIn(app))
  const first = (await register(app, token, authenticator(ORIGIN))).json()
  t.equal(new Set(first.recovery_codes).size, 10)
  t.notOk('recovery_codes' in (await register(app, token, authenticator(ORIGIN))).json())
  const kept = await app.db.selectFrom('recovery_codes').selectAll().where('user_id', '=', user_id).execute()
  t.equal(kept.length, 10)
  for (const code of first.recovery_codes) t.notMatch(JSON.stringify(kept), code.replaceAll('-', ''))
})

t.test('from then on the password alone opens nothing; the passkey and a recovery code do', async t => {
  const user = await verifiedUser(app)
  const { token, user_id } = await logIn(app, user)
  const key = authenticator(ORIGIN)
  const { recovery_codes } = (await register(app, token, key)).json()
  const half = (await call(app, 'POST', '/users/v1/login', { payload: user })).json()
  t.match(half, { mfa_required: true, methods: ['passkey', 'recovery_code'] })
  t.notOk('token' in half)
  t.match((await call(app, 'POST', '/sessions/v1/', { payload: user })).json(), { mfa_required: true })
  const payload = { mfa_token: half.mfa_token, recovery_code: recovery_codes[0] }
  t.match((await call(app, 'POST', '/users/v1/login/recovery_code', { payload })).json(), { user_id })
  t.match((await passkeyLogin(app, key)).json(), { user_id })
})

t.test(
  'threat: a login by password beside the registration of a passkey leaves a session that came without it',
  async t => {
    for (let round = 0; round < 6; round++) {
      const user = await verifiedUser(app)
      const { token } = await logIn(app, user)
      const credential = authenticator(ORIGIN).create(await creationOptions(app, token))
      const [registered, ...logins] = await Promise.all([
        send(token, credential),
        ...Array.from({ length: 4 }, () => call(app, 'POST', '/users/v1/login', { payload: user })),
      ])
      t.equal(registered.statusCode, 200)
      for (const login of logins) {
        t.equal(login.statusCode, 200)
        const { token, mfa_required } = login.json()
        if (!mfa_required) t.equal(outcome(await readFilms(app, token)), '401 token-invalid')
      }
    }
  },
)

t.test("threat: a thief's registration during the change of the password survives it", async t => {
  for (let round = 0; round < 6; round++) {
    const user = await verifiedUser(app)
    const [owner, thief] = [await logIn(app, user), await logIn(app, user)]
    const credential = authenticator(ORIGIN).create(await creationOptions(app, thief.token))
    const payload = { old_password: PASSWORD, new_password: 'Bespin1980' }
    const [changed, registered] = await Promise.all([
      call(app, 'PUT', '/users/v1/password', { token: owner.token, payload }),
      send(thief.token, credential),
    ])
    // One of them was first, and has ended the other's session.
    const outcomes = [outcome(changed), outcome(registered)]
    t.ok(outcomes.includes('401 token-invalid'), outcomes.join())
    t.equal((await rows(owner.user_id)).length, outcomes[1] === '200' ? 1 : 0)
  }
})

t.test('a browser registers from a page of the service, and from no other', async t => {
  const cookie = await browserLogIn(app)
  const headers = { cookie: `${app.sessionCookie.name}=${cookie}` }
  const payload = { password: PASSWORD }
  expectError(t, await call(app, 'POST', OPTIONS, { headers, payload }), 403, 'cross-site')
  const options = await call(app, 'POST', OPTIONS, { headers: { ...headers, ...OWN_PAGE }, payload })
  const credential = authenticator(ORIGIN).create(options.json())
  expectError(t, await call(app, 'POST', PASSKEYS, { headers, payload: { credential } }), 403, 'cross-site')
  const made = await call(app, 'POST', PASSKEYS, { headers: { ...headers, ...OWN_PAGE }, payload: { credential } })
  t.equal(made.statusCode, 200, made.body)
  t.equal((await browse(app, 'GET', PASSKEYS, cookieIn(made))).json().results.length, 1)
})

t.test(
  'under MFA_REQUIRED_FOR_ADMIN an administrator enrols a passkey before all else, and keeps the last one',
  async t => {
    const app = await build(t, { MFA_REQUIRED_FOR_ADMIN: 'true' })
    const { token, refresh_token } = await administrator(app)
    expectError(t, await readFilms(app, token), 403, 'mfa-required')
    const response = await register(app, token, authenticator(ORIGIN))
    t.equal(response.statusCode, 200, response.body)
    const { passkey, recovery_codes } = response.json()
    const proof = { password: PASSWORD, recovery_code: recovery_codes[0] }
    const next = await reauthenticated(app, await nextTokens(app, refresh_token), proof)
    t.equal(outcome(await readFilms(app, next.token)), '200')
    const url = `${PASSKEYS}/${passkey.id}`
    const payload = { password: PASSWORD }
    expectError(t, await call(app, 'DELETE', url, { token: next.token, payload }), 403, 'mfa-required')
    t.equal((await call(app, 'GET', PASSKEYS, { token: next.token })).json().results.length, 1)
  },
)

for (const number of REAL ? [1, 2] : [1])
  t.test(`a challenge of one of ${number} instance(s) is valid at all, once`, async t => {
    const env = await environment(t)
    const here = await build(t, env)
    const there = number === 1 ? here : await build(t, env)
    const { token }: LoggedIn = await logIn(here)
    const options = await creationOptions(here, token)
    const answers = await Promise.all(
      [here, there, there, here].map(on => send(token, authenticator(ORIGIN).create(options), on)),
    )
    t.same(answers.map(outcome).sort(), ['200', ...Array(3).fill('400 passkey-invalid')])
  })
