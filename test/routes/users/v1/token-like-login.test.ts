// The token endpoint is the login in another form: whoever guesses passwords there meets the same limits, and leaves the same traces.
import type { FastifyInstance } from 'fastify'
import t from 'tap'
import { build, call, newEmail, PASSWORD, verifiedUser } from '../../../support/app.ts'
import { ORIGIN } from '../../../support/cookies.ts'
import { asForm, postForm, TOKEN } from '../../../support/token-form.ts'

const WRONG = 'Coruscant19BBY'

interface User {
  email: string
  password: string
}

const ways = {
  login: (app: FastifyInstance, payload: User) => call(app, 'POST', '/users/v1/login', { payload }),
  token: (app: FastifyInstance, user: User) => postForm(app, asForm(user)),
}

t.test('successes and failures leave the same audit events', async t => {
  const app = await build(t)
  const kinds: Record<string, unknown> = {}
  for (const [name, way] of Object.entries(ways)) {
    const user = await verifiedUser(app)
    const events = app.db.selectFrom('audit_events').select(['user_id', 'kind']).orderBy('id')
    const before = (await events.execute()).length
    for (const email of [user.email, newEmail()]) await way(app, { email, password: WRONG })
    await way(app, user)
    kinds[name] = (await events.execute()).slice(before).map(({ user_id, kind }) => [user_id === 0, kind])
  }
  t.same(kinds.token, kinds.login)
  t.equal((kinds.token as unknown[]).length, 3)
})

t.test('an account is locked after as many failures, for both ways together', async t => {
  const app = await build(t, { ACCOUNT_ATTEMPTS_MAX: '1' })
  for (const [first, second] of [
    [ways.login, ways.token],
    [ways.token, ways.login],
  ] as const) {
    const user = { email: newEmail(), password: WRONG }
    t.ok((await first(app, user)).statusCode < 429)
    t.ok((await second(app, user)).statusCode < 429)
    const locked = await second(app, user)
    t.match(locked.json(), { statusCode: 429, message: 'too-many-attempts', details: { limit: 'account' } })
    t.ok(Number(locked.headers['retry-after']) > 0)
    t.equal((await first(app, user)).statusCode, 429)
  }
})

t.test('an address is locked after as many failures, for both ways together', async t => {
  const app = await build(t, { ADDRESS_ATTEMPTS_MAX: '1' })
  for (const way of [ways.login, ways.token]) await way(app, { email: newEmail(), password: WRONG })
  const locked = await ways.token(app, { email: newEmail(), password: WRONG })
  t.match(locked.json(), { error: 'temporarily_unavailable', message: 'too-many-attempts' })
})

t.test('requests of both count against one AUTH_RATE_LIMIT_MAX, whatever is in them', async t => {
  const app = await build(t, { AUTH_RATE_LIMIT_MAX: '3' })
  await ways.login(app, { email: newEmail(), password: WRONG })
  await postForm(app, { grant_type: 'refresh_token', refresh_token: 'x' })
  await postForm(app, '')
  const limited = await postForm(app, '')
  const details = { limit: 'AUTH_RATE_LIMIT_MAX', max: 3 }
  t.match(limited.json(), { statusCode: 429, error: 'temporarily_unavailable', message: 'too-many-requests', details })
})

t.test('enumeration: known and unknown accounts get one answer, after the same work', async t => {
  for (const HIDE_ACCOUNTS of ['false', 'true']) {
    const app = await build(t, { HIDE_ACCOUNTS })
    const { email: known } = await verifiedUser(app)
    const unverified = newEmail()
    await call(app, 'POST', '/users/v1/signup', { payload: { email: unverified, password: PASSWORD } })
    const { verify } = app.passwords
    let verified = 0
    app.passwords.verify = (...args) => {
      verified++
      return verify(...args)
    }
    // A correct password does not tell either, as long as accounts are hidden.
    const password = HIDE_ACCOUNTS === 'true' ? PASSWORD : WRONG
    const answers = []
    for (const user of [
      { email: newEmail(), password },
      { email: unverified, password },
      { email: known, password: WRONG },
    ]) {
      const { statusCode, headers, body } = await ways.token(app, user)
      answers.push({ statusCode, names: Object.keys(headers), body })
    }
    t.equal(verified, 3)
    t.match(JSON.parse(answers[0]?.body ?? ''), { error: 'invalid_grant', message: 'invalid-grant' })
    t.same(answers, Array(3).fill(answers[0]), `HIDE_ACCOUNTS=${HIDE_ACCOUNTS}`)
  }
})

t.test('a full queue of passwords is 503 before anything is looked at', async t => {
  const app = await build(t)
  app.passwords.isFull = () => true
  const response = await postForm(app, asForm({ email: newEmail(), password: WRONG }))
  t.match(response.json(), { statusCode: 503, error: 'temporarily_unavailable', message: 'service-unavailable' })
  t.ok(response.headers['retry-after'])
})

t.test("threat: another site has its visitors' browsers log in, or try passwords", async t => {
  const listed = 'https://app.example'
  const app = await build(t, { CORS_ORIGINS: listed })
  const form = asForm(await verifiedUser(app))
  const sources: [headers: Record<string, string>, allowed: boolean][] = [
    [{}, true],
    [{ origin: ORIGIN }, true],
    [{ 'sec-fetch-site': 'same-origin' }, true],
    [{ 'sec-fetch-site': 'cross-site', origin: listed }, true],
    [{ origin: 'https://evil.example' }, false],
    [{ origin: 'null' }, false],
    [{ origin: `${listed}.evil.example`, 'sec-fetch-site': 'cross-site' }, false],
    [{ 'sec-fetch-site': 'cross-site' }, false],
    [{ 'sec-fetch-site': 'same-site' }, false],
    [{ 'sec-fetch-site': 'cross-site', origin: ORIGIN }, false],
  ]
  for (const [headers, allowed] of sources) {
    const name = JSON.stringify(headers)
    const response = await postForm(app, form, headers)
    t.equal(response.statusCode, allowed ? 200 : 403, name)
    if (!allowed) t.match(response.json(), { error: 'invalid_request', message: 'cross-site' }, name)
    t.equal(response.headers['set-cookie'], undefined, name)
  }
  const wrong = await call(app, 'POST', TOKEN, {
    payload: new URLSearchParams({ ...form, password: WRONG }).toString(),
    headers: { 'content-type': 'application/x-www-form-urlencoded', 'sec-fetch-site': 'cross-site' },
  })
  t.equal(wrong.json().message, 'cross-site', 'whether the password is right is not even looked at')
})

t.test('LOGIN_POLICY=single counts here too', async t => {
  const app = await build(t, { LOGIN_POLICY: 'single' })
  const user = await verifiedUser(app)
  t.equal((await ways.token(app, user)).statusCode, 200)
  const second = (await ways.token(app, user)).json()
  t.match(second, { statusCode: 400, error: 'invalid_grant', message: 'user-already-logged-in' })
})
