// The second half of a login: guessing, replay, and what a half-way token is good for.
import t from 'tap'
import { build, call, environment, logIn, verifiedUser } from '../../../support/app.ts'
import { expectError } from '../../../support/error-response.ts'
import { eventKinds } from '../../../support/mails.ts'
import { challenge, enrolled, finish, otpOf, recover, steppingClock, TOTP, wrongOtp } from '../../../support/mfa.ts'
import { nextTokens, outcome, readFilms } from '../../../support/session.ts'

const clock = steppingClock(t)
// One instance sends the mails.
const env = await environment(t)
const app = await build(t, env)
const other = await build(t, env)

const many = <Result>(count: number, work: (i: number) => Promise<Result>) =>
  Promise.all(Array.from({ length: count }, (_, i) => work(i)))

t.test(
  'a password alone is answered a half-way token and no other; with a one-time password it becomes a login',
  async t => {
    const { user, user_id, secret } = await enrolled(app)
    const response = await call(app, 'POST', '/users/v1/login', { payload: user })
    t.equal(response.headers['cache-control'], 'no-store')
    t.same(Object.keys(response.json()).sort(), ['expires_in', 'methods', 'mfa_required', 'mfa_token'])
    const half = response.json()
    t.match(half, { mfa_required: true, expires_in: 300, methods: ['totp', 'recovery_code'] })
    const whole = await finish(app, half.mfa_token, otpOf(secret))
    t.equal(whole.headers['cache-control'], 'no-store')
    const tokens = whole.json()
    t.match(tokens, { user_id, email: user.email, token_type: 'Bearer', expires_in: 900 })
    t.equal(outcome(await readFilms(app, tokens.token)), '200')
    await nextTokens(app, tokens.refresh_token)
    t.equal((await eventKinds(app, user_id)).at(-1), 'logged-in')
  },
)

t.test('a wrong password is answered as if there were no second factor', async t => {
  const [guarded, plain] = [(await enrolled(app)).user, await verifiedUser(app)]
  const ask = (email: string) =>
    call(app, 'POST', '/users/v1/login', { payload: { email, password: 'Coruscant19BBY' } })
  t.same((await ask(guarded.email)).json(), (await ask(plain.email)).json())
})

t.test('clock steps: the one-time password of the step before, this one and the next is good', async t => {
  const cases = { '-2': '400 otp-invalid', '-1': '200', '0': '200', '1': '200', '2': '400 otp-invalid' }
  for (const [offset, expected] of Object.entries(cases)) {
    const { user, user_id, secret } = await enrolled(app)
    // As if it had been enrolled long ago: else the step before is used up.
    await app.db.updateTable('totp_secrets').set({ last_step: 0 }).where('user_id', '=', user_id).execute()
    const { mfa_token } = await challenge(app, user)
    t.equal(outcome(await finish(app, mfa_token, otpOf(secret, Number(offset)))), expected, `${offset} steps`)
  }
})

t.test('threat: a one-time password is read over the shoulder and used again', async t => {
  const { user, secret } = await enrolled(app)
  const otp = otpOf(secret)
  t.equal(outcome(await finish(app, (await challenge(app, user)).mfa_token, otp)), '200')
  expectError(t, await finish(app, (await challenge(app, user)).mfa_token, otp), 400, 'otp-invalid', { reason: 'used' })
  expectError(t, await finish(other, (await challenge(other, user)).mfa_token, otp), 400, 'otp-invalid', {
    reason: 'used',
  })
  await t.test('nor is one of an earlier step valid', async t => {
    clock.forward(t)
    t.equal(outcome(await finish(app, (await challenge(app, user)).mfa_token, otpOf(secret, 1))), '200')
    expectError(t, await finish(app, (await challenge(app, user)).mfa_token, otpOf(secret)), 400, 'otp-invalid')
  })
})

t.test('the same, nine times at once over two instances, each with a challenge of its own: one login', async t => {
  const { user, user_id, secret } = await enrolled(app)
  const sessions = () => app.db.selectFrom('sessions').select('id').where('user_id', '=', user_id).execute()
  const before = (await sessions()).length
  const tokens = await many(9, async i => (await challenge(i % 2 ? other : app, user)).mfa_token)
  const answers = (await many(9, i => finish(i % 2 ? app : other, tokens[i] ?? '', otpOf(secret)))).map(outcome)
  t.equal(answers.filter(answer => answer === '200').length, 1)
  t.equal(answers.filter(answer => answer === '400 otp-invalid').length, 8)
  t.equal((await sessions()).length, before + 1)
})

t.test('and twenty times at once with one challenge: one login', async t => {
  const { user, secret } = await enrolled(app)
  const { mfa_token } = await challenge(app, user)
  const answers = (await many(20, i => finish(i % 2 ? app : other, mfa_token, otpOf(secret)))).map(outcome)
  t.equal(answers.filter(answer => answer === '200').length, 1)
  for (const answer of answers) t.match(answer, /^(200|400 otp-invalid|401 token-invalid)$/)
})

t.test('an mfa_token is valid for one login, on any instance', async t => {
  const { user, secret, recovery_codes } = await enrolled(app)
  const { mfa_token } = await challenge(app, user)
  t.equal(outcome(await finish(app, mfa_token, otpOf(secret))), '200')
  for (const instance of [app, other]) {
    expectError(t, await finish(instance, mfa_token, otpOf(secret, 1)), 401, 'token-invalid')
    expectError(t, await recover(instance, mfa_token, recovery_codes[0] ?? ''), 401, 'token-invalid')
  }
})

t.test('guessing: an mfa_token allows five attempts, however many run in parallel, on any instance', async t => {
  const { user, user_id, secret } = await enrolled(app)
  const { mfa_token } = await challenge(app, user)
  const answers = (await many(40, i => finish(i % 2 ? app : other, mfa_token, wrongOtp(secret)))).map(outcome)
  t.equal(answers.filter(answer => answer === '400 otp-invalid').length, 5)
  t.equal(answers.filter(answer => answer === '401 token-invalid').length, 35)
  expectError(t, await finish(app, mfa_token, otpOf(secret)), 401, 'token-invalid', { reason: 'attempts' })
  const failures = (await eventKinds(app, user_id)).filter(kind => kind === 'second-factor-failed')
  t.equal(failures.length, 5, 'each leaves its trace')
  t.equal(outcome(await finish(app, (await challenge(app, user)).mfa_token, otpOf(secret))), '200')
})

t.test('guessing: an account allows ten an hour, whatever the number of mfa_tokens', async t => {
  const { user, user_id, secret, recovery_codes } = await enrolled(app)
  const guess = async (i: number) => {
    const instance = i % 2 ? app : other
    return finish(instance, (await challenge(instance, user)).mfa_token, wrongOtp(secret))
  }
  const answers = await many(30, guess)
  t.equal(answers.filter(answer => outcome(answer) === '400 otp-invalid').length, 10)
  const late = answers.filter(answer => answer.statusCode === 429)
  t.equal(late.length, 20)
  for (const answer of late) expectError(t, answer, 429, 'too-many-attempts', { limit: 'otp' })
  t.ok(late.every(({ headers }) => Number(headers['retry-after']) > 3500 && Number(headers['retry-after']) <= 3600))
  const right = await finish(app, (await challenge(app, user)).mfa_token, otpOf(secret))
  expectError(t, right, 429, 'too-many-attempts', { limit: 'otp' })

  await t.test('a recovery code still works: nobody can guess it, so nobody can lock its owner out of it', async t => {
    const { mfa_token } = await challenge(app, user)
    t.equal(outcome(await recover(app, mfa_token, recovery_codes[0] ?? '')), '200')
  })

  await t.test('an hour after the first guess there are ten more', async t => {
    const hourAgo = Date.now() - 3_600_001
    await app.db.updateTable('totp_secrets').set({ attempts_since: hourAgo }).where('user_id', '=', user_id).execute()
    t.equal((await many(10, guess)).filter(answer => outcome(answer) === '400 otp-invalid').length, 10)
    t.equal(outcome(await guess(0)), '429 too-many-attempts')
  })
})

t.test('a successful login refunds its attempts', async t => {
  const { user, secret } = await enrolled(app)
  for (const offset of [0, 1]) {
    const { mfa_token } = await challenge(app, user)
    for (let i = 0; i < 4; i++) await finish(app, mfa_token, wrongOtp(secret))
    const second = await challenge(app, user)
    for (let i = 0; i < 4; i++) await finish(app, second.mfa_token, wrongOtp(secret))
    t.equal(outcome(await finish(app, second.mfa_token, otpOf(secret, offset))), '200')
  }
})

t.test('anything but six digits is rejected, and uses up no attempt', async t => {
  const { user, secret } = await enrolled(app)
  const { mfa_token } = await challenge(app, user)
  for (const otp of ['', '12345', '1234567', '12345a', ' 12345', '١٢٣٤٥٦', '12345\n'])
    t.equal(outcome(await finish(app, mfa_token, otp)), '400 otp-invalid', JSON.stringify(otp))
  for (const otp of [null, 123456, ['492039'], { otp: '492039' }]) {
    const response = await call(app, 'POST', '/users/v1/login/mfa', { payload: { mfa_token, otp } })
    t.equal(response.statusCode, 400)
  }
  t.equal(outcome(await finish(app, mfa_token, otpOf(secret))), '200')
})

/** What happens between the two halves of a login; then the half-way token is refused. */
const BETWEEN: Record<string, (held: Awaited<ReturnType<typeof enrolled>>) => Promise<unknown>> = {
  'the password was changed': ({ token, user }) =>
    call(app, 'PUT', '/users/v1/password', {
      token,
      payload: { old_password: user.password, new_password: 'Coruscant19BBY' },
    }),
  'five minutes have passed': ({ user_id }) =>
    app.db.updateTable('mfa_challenges').set({ expires_at: Date.now() }).where('user_id', '=', user_id).execute(),
  'the second factor was taken away': ({ token, user, recovery_codes }) =>
    call(app, 'DELETE', TOTP, { token, payload: { password: user.password, recovery_code: recovery_codes[9] } }),
  'the account was deleted': ({ user_id }) => app.db.deleteFrom('users').where('id', '=', user_id).execute(),
}

for (const [what, happens] of Object.entries(BETWEEN))
  t.test(`an mfa_token is rejected once ${what}`, async t => {
    const held = await enrolled(app)
    const { mfa_token } = await challenge(app, held.user)
    await happens(held)
    expectError(t, await finish(app, mfa_token, otpOf(held.secret)), 401, 'token-invalid')
    expectError(t, await recover(other, mfa_token, held.recovery_codes[0] ?? ''), 401, 'token-invalid')
  })

t.test('an expired mfa_token gets token-expired', async t => {
  const { user, secret } = await enrolled(app)
  const { mfa_token } = await challenge(app, user)
  clock.forward(t, 11)
  expectError(t, await finish(app, mfa_token, otpOf(secret)), 401, 'token-expired')
})

t.test('an account that was disabled meanwhile says so, and opens nothing', async t => {
  const { user, user_id, secret } = await enrolled(app)
  const { mfa_token } = await challenge(app, user)
  await app.db.updateTable('users').set({ disabled: 1 }).where('id', '=', user_id).execute()
  expectError(t, await finish(app, mfa_token, otpOf(secret)), 400, 'account-disabled')
})

t.test('the other user’s one-time password and recovery code open nothing', async t => {
  const [mine, other] = [await enrolled(app), await enrolled(app)]
  const { mfa_token } = await challenge(app, mine.user)
  expectError(t, await finish(app, mfa_token, otpOf(other.secret)), 400, 'otp-invalid')
  expectError(t, await recover(app, mfa_token, other.recovery_codes[0] ?? ''), 400, 'recovery-code-invalid')
})

t.test('no other kind of token continues a login', async t => {
  const { user, token, refresh_token, secret } = await enrolled(app)
  for (const wrong of [token, refresh_token, `${(await challenge(app, user)).mfa_token}x`, 'x', ''])
    expectError(t, await finish(app, wrong, otpOf(secret)), 401, 'token-invalid')
})

t.test('enrolling during a login: a session without the second factor is ended', async t => {
  for (let round = 0; round < 5; round++) {
    const user = await verifiedUser(app)
    const [held, ...logins] = await Promise.all([
      enrolled(app, user),
      ...Array.from({ length: 6 }, (_, i) => call(i % 2 ? app : other, 'POST', '/users/v1/login', { payload: user })),
    ])
    const after = await Promise.all([logIn(other, user).catch(() => undefined)])
    t.match(after[0], { mfa_required: true })
    for (const login of logins) {
      const { token } = login.json<{ token?: string }>()
      if (token) t.equal(outcome(await readFilms(app, token)), '401 token-invalid')
    }
    t.equal(outcome(await readFilms(app, held.token)), '200')
  }
})
