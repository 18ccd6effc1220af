// Codes as apps show them and people type and paste them, on every route that takes one.
import t from 'tap'
import { build, call, logIn } from '../../../support/app.ts'
import { forgotten } from '../../../support/mails.ts'
import { challenge, enrolled, finish, otpOf, recover, startTotp, steppingClock, TOTP } from '../../../support/mfa.ts'

const app = await build(t)
const clock = steppingClock(t)

const grouped = (code: string) => `${code.slice(0, 3)} ${code.slice(3)}`
const fullWidth = (code: string) => code.replace(/\d/g, digit => String.fromCharCode(digit.charCodeAt(0) + 0xfee0))

t.test('at enrollment, at login and for recovery codes', async t => {
  const { token } = await logIn(app)
  const { secret } = await startTotp(app, token)
  const payload = { otp: `${grouped(otpOf(secret))}\r\n` }
  t.equal((await call(app, 'POST', `${TOTP}/verify`, { token, payload })).statusCode, 200)

  const { user, recovery_codes, secret: enrolledSecret } = await enrolled(app)
  clock.forward(t)
  const otp = fullWidth(otpOf(enrolledSecret))
  t.equal((await finish(app, (await challenge(app, user)).mfa_token, otp)).statusCode, 200)
  const code = ` ${recovery_codes[0]?.replaceAll('-', ' ').toLowerCase()}\n`
  t.equal((await recover(app, (await challenge(app, user)).mfa_token, code)).statusCode, 200)
})

t.test('for the code of a password mail', async t => {
  const { email } = await logIn(app)
  const code = grouped((await forgotten(app, email)).code)
  const response = await call(app, 'POST', '/users/v1/validate_code', { payload: { email, code } })
  t.equal(response.statusCode, 200)
})
