// A browser's login with a second factor: no cookie before it.
import t from 'tap'
import { build, call } from '../../support/app.ts'
import { browse, cookieIn, OWN_PAGE, setCookie } from '../../support/cookies.ts'
import { expectError } from '../../support/error-response.ts'
import { challenge, enrolled, otpOf, steppingClock, wrongOtp } from '../../support/mfa.ts'
import { outcome } from '../../support/session.ts'

steppingClock(t)
const app = await build(t)

const FORM = { 'content-type': 'application/x-www-form-urlencoded' }

/** The second half, by JSON or by a form. */
const finish = (
  path: 'mfa' | 'recovery_code',
  payload: Record<string, string>,
  headers: Record<string, string> = OWN_PAGE,
) =>
  call(app, 'POST', `/sessions/v1/${path}`, {
    payload: headers['content-type'] ? new URLSearchParams(payload).toString() : payload,
    headers,
  })

t.test(
  'the password alone sets no cookie; a one-time password or a recovery code does, by JSON or by a form',
  async t => {
    for (const headers of [OWN_PAGE, { ...OWN_PAGE, ...FORM }]) {
      const { user, user_id, secret, recovery_codes } = await enrolled(app)
      for (const proof of ['mfa', 'recovery_code'] as const) {
        const half = await call(app, 'POST', '/sessions/v1/', { payload: user, headers: OWN_PAGE })
        t.equal(setCookie(half), undefined)
        t.match(half.json(), { mfa_required: true, methods: ['totp', 'recovery_code'] })
        const { mfa_token } = half.json()
        const payload =
          proof === 'mfa' ? { mfa_token, otp: otpOf(secret) } : { mfa_token, recovery_code: recovery_codes[0] ?? '' }
        const whole = await finish(proof, payload, headers)
        t.same(whole.json(), { status: 'ok', user_id, email: user.email })
        t.match(setCookie(whole), /HttpOnly/)
        t.equal(outcome(await browse(app, 'GET', '/films/v1/', cookieIn(whole))), '200')
      }
    }
  },
)

t.test('a rejected login sets no cookie', async t => {
  const { user, secret } = await enrolled(app)
  const { mfa_token } = await challenge(app, user)
  const wrong = await finish('mfa', { mfa_token, otp: wrongOtp(secret) })
  expectError(t, wrong, 400, 'otp-invalid')
  const none = await finish('recovery_code', { mfa_token, recovery_code: 'AAAA-AAAA-AAAA-AAAA' })
  expectError(t, none, 400, 'recovery-code-invalid')
  const forged = await finish('mfa', { mfa_token: `${mfa_token}x`, otp: otpOf(secret) })
  expectError(t, forged, 401, 'token-invalid')
  for (const response of [wrong, none, forged]) t.equal(setCookie(response), undefined)
})

t.test('threat: another site logs the browser in to an account of its own', async t => {
  const { user, secret, recovery_codes } = await enrolled(app)
  const { mfa_token } = await challenge(app, user)
  const foreign = [
    { 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'same-site' },
    { origin: 'https://evil.example' },
  ]
  for (const headers of foreign as Record<string, string>[])
    for (const extra of [{}, FORM]) {
      const all = { ...headers, ...extra }
      expectError(t, await finish('mfa', { mfa_token, otp: otpOf(secret) }, all), 403, 'cross-site')
      const recovery_code = recovery_codes[0] ?? ''
      expectError(t, await finish('recovery_code', { mfa_token, recovery_code }, all), 403, 'cross-site')
    }
  t.equal(outcome(await finish('mfa', { mfa_token, otp: otpOf(secret) })), '200', 'and nothing was used up')
})
