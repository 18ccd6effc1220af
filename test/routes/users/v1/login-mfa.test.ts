import t from 'tap'
import { refused } from '../../../answers.ts'
import { build, call, codeOf, environment, type LoggedIn, logIn, PASSWORD, verifiedUser } from '../../../helper.ts'
import { eventKinds, forgotten, subjectsTo } from '../../../mails.ts'
import { challenge, enrolled, finish, otpOf, recover, steppingClock, wrongOtp } from '../../../mfa.ts'
import { dead, readFilms, sessionId } from '../../../session.ts'

const clock = steppingClock(t)
const app = await build(t)

const succeeded = (answers: { statusCode: number }[]) => answers.filter(({ statusCode }) => statusCode === 200).length
const twenty = <Result>(work: (n: number) => Promise<Result>) =>
  Promise.all(Array.from({ length: 20 }, (_, n) => work(n)))

t.test('the password opens the half of the way, and the app the other', async t => {
  const { user, user_id, email, secret } = await enrolled(app)
  const response = await call(app, 'POST', '/users/v1/login', { payload: user })
  t.equal(response.statusCode, 200)
  t.equal(response.headers['cache-control'], 'no-store')
  const { mfa_token, ...rest } = response.json()
  t.same(rest, { mfa_required: true, expires_in: 300, methods: ['totp', 'recovery_code'] })
  t.match((await eventKinds(app, user_id)).at(-1), 'totp-enabled', 'nobody has logged in yet')

  const login = await finish(app, mfa_token, otpOf(secret))
  t.equal(login.headers['cache-control'], 'no-store')
  const tokens = login.json<LoggedIn>()
  t.match(tokens, { token_type: 'Bearer', expires_in: 900, user_id, email })
  t.equal((await readFilms(app, tokens.token)).statusCode, 200)
  t.equal((await eventKinds(app, user_id)).at(-1), 'logged-in')
})

t.test('a wrong password is told as ever: nobody learns that there is a second factor', async t => {
  const { user } = await enrolled(app)
  const response = await call(app, 'POST', '/users/v1/login', { payload: { ...user, password: 'Coruscant19BBY' } })
  refused(t, response, 404, 'not-found')
})

t.test('replay: a one-time password is good once', async t => {
  const { user, secret } = await enrolled(app)
  const otp = otpOf(secret)
  t.equal((await finish(app, (await challenge(app, user)).mfa_token, otp)).statusCode, 200)
  const again = (await challenge(app, user)).mfa_token
  refused(t, await finish(app, again, otp), 400, 'otp-invalid')
  refused(t, await finish(app, again, otpOf(secret, -1)), 400, 'otp-invalid')
  t.equal((await finish(app, again, otpOf(secret, 1))).statusCode, 200)
})

t.test('replay: twenty logins with one password at a time, on two instances: one session', async t => {
  const env = await environment(t)
  const instances = [await build(t, env), await build(t, env)] as const
  const { user, user_id, secret } = await enrolled(instances[0])
  const challenges = await Promise.all(Array.from({ length: 9 }, () => challenge(instances[0], user)))
  const otp = otpOf(secret)
  const answers = await twenty(n => finish(instances[n % 2 === 0 ? 0 : 1], challenges[n % 9]?.mfa_token ?? '', otp))
  t.equal(succeeded(answers), 1)
  const sessions = instances[0].db.selectFrom('sessions').select('id').where('user_id', '=', user_id)
  t.equal((await sessions.where('revoked_at', 'is', null).execute()).length, 2, 'that, and the one that enrolled')
})

t.test('replay: a half-way token that was used opens nothing more', async t => {
  const { user, secret } = await enrolled(app)
  const { mfa_token } = await challenge(app, user)
  t.equal((await finish(app, mfa_token, otpOf(secret))).statusCode, 200)
  refused(t, await finish(app, mfa_token, otpOf(secret, 1)), 401, 'token-invalid')
})

t.test('guessing: a half-way token allows five tries, however many come at a time', async t => {
  const { user, secret } = await enrolled(app)
  const { mfa_token } = await challenge(app, user)
  const answers = await twenty(() => finish(app, mfa_token, wrongOtp(secret)))
  t.equal(answers.filter(answer => codeOf(answer) === 'otp-invalid').length, 5)
  t.equal(answers.filter(answer => codeOf(answer) === 'token-invalid').length, 15)
  refused(t, await finish(app, mfa_token, otpOf(secret)), 401, 'token-invalid')
})

t.test(
  'guessing: an account allows ten tries an hour, by however many logins; a recovery code still opens',
  async t => {
    const env = await environment(t)
    const instances = [await build(t, env), await build(t, env)] as const
    const { user, user_id, secret, recovery_codes } = await enrolled(instances[0])
    const challenges = await Promise.all(Array.from({ length: 20 }, () => challenge(instances[0], user)))
    const answers = await twenty(n =>
      finish(instances[n % 2 === 0 ? 0 : 1], challenges[n]?.mfa_token ?? '', wrongOtp(secret)),
    )
    t.equal(answers.filter(answer => codeOf(answer) === 'otp-invalid').length, 10)
    const locked = await finish(instances[1], (await challenge(instances[1], user)).mfa_token, otpOf(secret))
    refused(t, locked, 429, 'too-many-attempts', { limit: 'otp' })
    t.ok(Number(locked.headers['retry-after']) > 3500 && Number(locked.headers['retry-after']) <= 3600)
    t.equal((await eventKinds(instances[0], user_id)).filter(kind => kind === 'second-factor-failed').length, 10)

    const { mfa_token } = await challenge(instances[0], user)
    t.equal((await recover(instances[0], mfa_token, recovery_codes[0] ?? '')).statusCode, 200)
    clock.forward(t, 121)
    const later = (await challenge(instances[0], user)).mfa_token
    t.equal((await finish(instances[0], later, otpOf(secret))).statusCode, 200, 'an hour later it opens again')
  },
)

t.test('a right one-time password gives the tries back', async t => {
  const { user, secret } = await enrolled(app)
  for (let round = 0; round < 4; round++) {
    const { mfa_token } = await challenge(app, user)
    for (let guess = 0; guess < 4; guess++)
      t.equal(codeOf(await finish(app, mfa_token, wrongOtp(secret))), 'otp-invalid')
    t.equal((await finish(app, mfa_token, otpOf(secret))).statusCode, 200)
    clock.forward(t)
  }
})

t.test('clocks: a step too early or late passes, and two do not', async t => {
  for (const [offset, status] of [
    [-2, 400],
    [0, 200],
    [1, 200],
    [2, 400],
  ] as const) {
    const { user, secret } = await enrolled(app)
    const { mfa_token } = await challenge(app, user)
    t.equal((await finish(app, mfa_token, otpOf(secret, offset))).statusCode, status, `${offset}`)
  }
  const { user, secret } = await enrolled(app)
  clock.forward(t)
  const { mfa_token } = await challenge(app, user)
  const late = otpOf(secret, 0)
  clock.forward(t)
  t.equal((await finish(app, mfa_token, late)).statusCode, 200, 'one step late')
})

t.test('five minutes later the half-way token is too old', async t => {
  const { user, secret } = await enrolled(app)
  const { mfa_token } = await challenge(app, user)
  clock.forward(t, 10)
  refused(t, await finish(app, mfa_token, otpOf(secret)), 401, 'token-expired')
})

t.test('what is no half-way token finishes nothing', async t => {
  const { user, secret, token, refresh_token } = await enrolled(app)
  const { mfa_token } = await challenge(app, user)
  const forged = `${mfa_token.slice(0, -4)}AAAA`
  for (const other of [token, refresh_token, forged, '', 'x', `${mfa_token} `])
    refused(t, await finish(app, other, otpOf(secret)), 401, 'token-invalid')
})

t.test("somebody's half-way token takes nobody else's one-time password or recovery code", async t => {
  const [leia, vader] = [await enrolled(app), await enrolled(app)]
  const { mfa_token } = await challenge(app, vader.user)
  refused(t, await finish(app, mfa_token, otpOf(leia.secret)), 400, 'otp-invalid')
  refused(t, await recover(app, mfa_token, leia.recovery_codes[0] ?? ''), 400, 'recovery-code-invalid')
})

t.test('a password that was changed, or reset, meanwhile voids the half-way token', async t => {
  const changed = await enrolled(app)
  const half = await challenge(app, changed.user)
  const payload = { old_password: PASSWORD, new_password: 'Coruscant19BBY' }
  t.equal((await call(app, 'PUT', '/users/v1/password', { token: changed.token, payload })).statusCode, 200)
  refused(t, await finish(app, half.mfa_token, otpOf(changed.secret)), 401, 'token-invalid')

  const reset = await enrolled(app)
  const other = await challenge(app, reset.user)
  const { token } = await forgotten(app, reset.email)
  const done = await call(app, 'POST', '/users/v1/password_reset', {
    payload: { token, new_password: 'Coruscant19BBY' },
  })
  t.equal(done.statusCode, 200)
  refused(t, await finish(app, other.mfa_token, otpOf(reset.secret)), 401, 'token-invalid')
})

t.test('who is disabled meanwhile does not come in', async t => {
  const { user, user_id, secret } = await enrolled(app)
  const { mfa_token } = await challenge(app, user)
  await app.db.updateTable('users').set({ disabled: 1 }).where('id', '=', user_id).execute()
  refused(t, await finish(app, mfa_token, otpOf(secret)), 400, 'account-disabled')
})

t.test('a recovery code opens once, however it is typed; its owner is told', async t => {
  const { user, user_id, email, recovery_codes } = await enrolled(app)
  const typed = [
    recovery_codes[0] ?? '',
    recovery_codes[1]?.toLowerCase() ?? '',
    recovery_codes[2]?.replaceAll('-', '') ?? '',
  ]
  for (const code of typed) {
    t.equal((await recover(app, (await challenge(app, user)).mfa_token, code)).statusCode, 200)
    refused(t, await recover(app, (await challenge(app, user)).mfa_token, code), 400, 'recovery-code-invalid')
  }
  t.equal((await subjectsTo(app, email)).filter(subject => subject === 'A recovery code was used').length, 3)
  t.equal((await eventKinds(app, user_id)).filter(kind => kind === 'recovery-code-used').length, 3)
})

t.test('replay: twenty logins with one recovery code at a time, on two instances: one session', async t => {
  const env = await environment(t)
  const instances = [await build(t, env), await build(t, env)] as const
  const { user, recovery_codes } = await enrolled(instances[0])
  const challenges = await Promise.all(Array.from({ length: 20 }, () => challenge(instances[0], user)))
  const code = recovery_codes[0] ?? ''
  const answers = await twenty(n => recover(instances[n % 2 === 0 ? 0 : 1], challenges[n]?.mfa_token ?? '', code))
  t.equal(succeeded(answers), 1)
})

t.test('when two recovery codes are left their owner is told, once', async t => {
  const { user, email, recovery_codes } = await enrolled(app)
  for (const code of recovery_codes.slice(0, 9))
    t.equal((await recover(app, (await challenge(app, user)).mfa_token, code)).statusCode, 200)
  const subjects = await subjectsTo(app, email)
  t.equal(subjects.filter(subject => subject === 'You have two recovery codes left').length, 1)
})

t.test('a crash between the two halves, or a refused login, uses no recovery code up', async t => {
  const env = await environment(t)
  const single = await build(t, { ...env, LOGIN_POLICY: 'single' })
  const { user, token, recovery_codes } = await enrolled(single)
  const { mfa_token } = await challenge(single, user)
  refused(t, await recover(single, mfa_token, recovery_codes[0] ?? ''), 400, 'user-already-logged-in')
  t.same((await call(single, 'GET', '/users/v1/mfa/recovery_codes', { token })).json(), { left: 10 })
  t.equal((await call(single, 'POST', '/users/v1/logout', { token })).statusCode, 200)
  t.equal((await recover(single, mfa_token, recovery_codes[0] ?? '')).statusCode, 200)
})

t.test('browsers: the cookie is set when the second factor is there, and not before', async t => {
  const { user, user_id, email, secret, recovery_codes } = await enrolled(app)
  const first = await call(app, 'POST', '/sessions/v1/', { payload: user })
  t.equal(first.headers['set-cookie'], undefined)
  const { mfa_token } = first.json<{ mfa_token: string }>()
  const form = { 'content-type': 'application/x-www-form-urlencoded' }
  const second = await call(app, 'POST', '/sessions/v1/mfa', {
    headers: form,
    payload: new URLSearchParams({ mfa_token, otp: otpOf(secret) }).toString(),
  })
  t.same(second.json(), { status: 'ok', user_id, email })
  const [cookie = ''] = String(second.headers['set-cookie']).split(';')
  t.equal((await call(app, 'GET', '/films/v1/', { headers: { cookie } })).statusCode, 200)

  const again = (await call(app, 'POST', '/sessions/v1/', { payload: user })).json<{ mfa_token: string }>()
  const payload = { mfa_token: again.mfa_token, recovery_code: recovery_codes[0] }
  const foreign = await call(app, 'POST', '/sessions/v1/recovery_code', {
    payload,
    headers: { 'sec-fetch-site': 'cross-site' },
  })
  refused(t, foreign, 403, 'cross-site')
  t.match((await call(app, 'POST', '/sessions/v1/recovery_code', { payload })).headers['set-cookie'], /^holocron=ey/)
})

t.test('a login that meets an enrolment in between does not slip past it', async t => {
  for (let round = 0; round < 5; round++) {
    const user = await verifiedUser(app)
    const [, ...logins] = await Promise.all([
      enrolled(app, user),
      ...Array.from({ length: 5 }, () => call(app, 'POST', '/users/v1/login', { payload: user })),
    ])
    for (const login of logins) {
      const answer = login.json<LoggedIn>()
      // It came before the enrolment, which then ended it; or after, and is only half done.
      if (answer.token) t.ok(await dead(app, answer), sessionId(answer.token))
      else t.match(answer, { mfa_required: true })
    }
  }
})

t.test('who has no second factor notices none of this', async t => {
  const { token } = await logIn(app)
  t.equal(JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()).mfa, undefined)
})
