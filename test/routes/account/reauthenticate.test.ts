// The page on which a signed-in person authenticates again, before a sensitive change.
import t from 'tap'
import { NO_PASSWORD } from '#sql/users.ts'
import { build, PASSWORD } from '../../support/app.ts'
import { signedInBrowser } from '../../support/console.ts'
import { OWN_PAGE } from '../../support/cookies.ts'
import { enrolled, otpOf, steppingClock, wrongOtp } from '../../support/mfa.ts'
import { open } from '../../support/pages.ts'

steppingClock(t)
const app = await build(t)

const PAGE = '/account/reauthenticate'

t.test('the password proves it, and leads on; cookies of before are dead', async t => {
  const browser = await signedInBrowser(app)
  const before = browser.cookie()
  const response = await browser.submit(`${PAGE}?redirect_to=/account?lang=de`, { password: PASSWORD })
  t.equal(response.statusCode, 303)
  t.equal(response.headers.location, '/account?lang=de')
  t.equal((await browser.open('/account')).statusCode, 200)
  t.equal((await open(app, '/account', { ...OWN_PAGE, cookie: `${app.sessionCookie.name}=${before}` })).statusCode, 303)
})

t.test('a wrong password brings the form back, empty, and counts as a failed attempt', async t => {
  const browser = await signedInBrowser(app)
  const page = await browser.submit(PAGE, { password: 'Wrong-Password1' })
  t.equal(page.statusCode, 403)
  t.match(page.body, 'This is not the password of the account')
  t.notMatch(page.body, 'Wrong-Password1')
})

t.test('whoever would rather not cancels: back to the account, never to where a link said', async t => {
  const browser = await signedInBrowser(app)
  for (const query of ['', '?redirect_to=/account/password', '?redirect_to=https://evil.example/'])
    t.match((await browser.open(PAGE + query)).body, 'href="/account">Cancel</a>', query)
})

t.test('an administrator on the way to an action cancels back to the administration', async t => {
  const browser = await signedInBrowser(app)
  const cancelled = async (path: string) =>
    /href="([^"]+)">Cancel/.exec((await browser.open(`${PAGE}?redirect_to=${encodeURIComponent(path)}`)).body)?.[1]
  for (const path of ['/admin', '/admin/users/7/disable', `${app.config.PUBLIC_URL}/admin/users/7/disable?lang=de`])
    t.equal(await cancelled(path), '/admin', path)
  for (const path of ['/administration', '/account/admin', 'https://evil.example/admin'])
    t.equal(await cancelled(path), '/account', path)
})

t.test('threat: it leads to pages of this service only', async t => {
  const browser = await signedInBrowser(app)
  for (const target of ['https://evil.example/', '//evil.example', '/\\evil.example']) {
    const response = await browser.submit(`${PAGE}?redirect_to=${encodeURIComponent(target)}`, { password: PASSWORD })
    t.equal(response.headers.location, '/account', target)
  }
})

t.test('with an authenticator app its code is asked for too; a recovery code takes its place', async t => {
  const { user, secret, recovery_codes } = await enrolled(app)
  const browser = await signedInBrowser(app, user, otpOf(secret))
  t.match((await browser.open(PAGE)).body, 'name="otp"')
  const without = await browser.submit(PAGE, { password: PASSWORD })
  t.equal(without.statusCode, 403)
  t.match(without.body, 'role="alert"', 'not a redirect to itself')
  t.match((await browser.submit(PAGE, { password: PASSWORD, otp: wrongOtp(secret) })).body, 'This code is not valid')
  const used = await browser.submit(PAGE, { password: PASSWORD, otp: otpOf(secret) })
  t.match(used.body, 'This code was used already. Wait until your app shows the next one', 'it signed in')
  const other = await browser.open(`${PAGE}?factor=recovery_code`)
  t.match(other.body, 'name="recovery_code"')
  t.notMatch(other.body, 'name="otp"')
  const proved = await browser.submit(PAGE, { password: PASSWORD, recovery_code: recovery_codes[0] ?? '' })
  t.equal(proved.statusCode, 303)
})

t.test('an account without a password is told how to get one', async t => {
  const browser = await signedInBrowser(app)
  await app.db
    .updateTable('users')
    .set({ password_hash: NO_PASSWORD })
    .where('email', '=', browser.user.email)
    .execute()
  const { body } = await browser.open(PAGE)
  t.notMatch(body, 'name="password"')
  t.match(body, 'href="/forgot"')
})
