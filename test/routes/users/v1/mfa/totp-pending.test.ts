// A secret that waits for its proof is worth as much as the password that was typed for it: to that session, for a quarter of an hour.
import t from 'tap'
import { build, call, logIn, PASSWORD, reauthenticated, verifiedUser } from '../../../../support/app.ts'
import { expectError } from '../../../../support/error-response.ts'
import {
  challenge,
  enrolled,
  finish,
  otpOf,
  startTotp,
  steppingClock,
  TOTP,
  wrongOtp,
} from '../../../../support/mfa.ts'
import { nextTokens, outcome } from '../../../../support/session.ts'

const clock = steppingClock(t)
const app = await build(t)

const qrCode = (token: string) => call(app, 'GET', `${TOTP}/qrcode`, { token })
const verify = (token: string, secret: string) =>
  call(app, 'POST', `${TOTP}/verify`, { token, payload: { otp: otpOf(secret) } })

t.test(
  'threat: a stolen token proves what its owner began and left, and locks them out with codes of its own',
  async t => {
    const user = await verifiedUser(app)
    const { token } = await reauthenticated(app, await logIn(app, user))
    const { secret } = await startTotp(app, token)
    const stolen = await reauthenticated(app, await logIn(app, user))
    expectError(t, await qrCode(stolen.token), 404, 'not-found')
    expectError(t, await verify(stolen.token, secret), 404, 'not-found')
    t.equal(outcome(await qrCode(token)), '200')
    t.equal(outcome(await verify(token, secret)), '200')
  },
)

t.test('threat: the same, where a secret works already: it goes on working', async t => {
  const { token, user, secret, recovery_codes } = await enrolled(app)
  const { secret: left } = await startTotp(app, token)
  clock.forward(t)
  const { mfa_token } = await challenge(app, user)
  const login = (await finish(app, mfa_token, otpOf(secret))).json<{ token: string }>()
  const stolen = await reauthenticated(app, login, { password: PASSWORD, recovery_code: recovery_codes[0] })
  expectError(t, await qrCode(stolen.token), 404, 'not-found')
  expectError(t, await verify(stolen.token, left), 404, 'not-found')
  clock.forward(t)
  const again = await challenge(app, user)
  t.equal(outcome(await finish(app, again.mfa_token, otpOf(secret))), '200')
})

t.test('threat: a stolen token guesses the one-time password of a pending secret, for its recovery codes', async t => {
  const { token } = await logIn(app)
  const { secret } = await startTotp(app, token)
  const guess = (remoteAddress: string) =>
    call(app, 'POST', `${TOTP}/verify`, { token, remoteAddress, payload: { otp: wrongOtp(secret) } })
  for (let i = 1; i <= 10; i++) t.equal(outcome(await guess(`192.0.2.${i}`)), '400 otp-invalid')
  t.equal(outcome(await verify(token, secret)), '404 not-found')
  const again = await startTotp(app, token)
  t.equal(outcome(await verify(token, again.secret)), '200')
})

t.test('a session keeps it when its tokens rotate', async t => {
  const { token, refresh_token } = await logIn(app)
  const { secret } = await startTotp(app, token)
  const next = await nextTokens(app, refresh_token)
  t.equal(outcome(await verify(next.token, secret)), '200')
})

t.test('after fifteen minutes it is gone, and a new one can be created', async t => {
  const { token, user_id } = await reauthenticated(app, await logIn(app))
  const { secret } = await startTotp(app, token)
  const age = (minutes: number) =>
    app.db
      .updateTable('totp_secrets')
      .set({ created_at: Date.now() - minutes * 60_000 })
      .where('user_id', '=', user_id)
      .execute()
  await age(16)
  expectError(t, await qrCode(token), 404, 'not-found')
  expectError(t, await verify(token, secret), 404, 'not-found')
  await age(14)
  t.equal(outcome(await qrCode(token)), '200')
  t.equal(outcome(await verify(token, (await startTotp(app, token)).secret)), '200')
})

t.test('of ten created at once, repeatedly, one waits for confirmation, and none fails', async t => {
  const { token, user_id } = await logIn(app)
  for (let round = 0; round < 5; round++) {
    const start = () => call(app, 'POST', TOTP, { token, payload: { password: PASSWORD } })
    const answers = await Promise.all(Array.from({ length: 10 }, start))
    t.same([...new Set(answers.map(outcome))], ['200'])
  }
  const rows = await app.db.selectFrom('totp_secrets').select('confirmed').where('user_id', '=', user_id).execute()
  t.same(rows, [{ confirmed: 0 }])
})
