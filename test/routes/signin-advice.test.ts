// ADVISE_PASSWORD_CHANGE on the page where people sign in.
import t from 'tap'
import { build, type Environment, verifiedUser } from '../support/app.ts'
import { cookieIn } from '../support/cookies.ts'
import { enrolled, otpOf, steppingClock } from '../support/mfa.ts'
import { fieldOf, open, submit } from '../support/pages.ts'

const APP_PAGE = 'https://app.example/after-login'
const TARGET = `?redirect_to=${encodeURIComponent(APP_PAGE)}`
const ADVICE = `/signin/advice${TARGET}`

steppingClock(t)
const advising: Environment = { ADVISE_PASSWORD_CHANGE: 'true', REDIRECT_URLS: APP_PAGE }
const app = await build(t, advising)

/** A user whose password is older than the rule. */
async function withOldPassword(user: { email: string }): Promise<{ email: string; password: string }> {
  const password_hash = await app.passwords.hash('short')
  await app.db.updateTable('users').set({ password_hash }).where('email', '=', user.email).execute()
  return { email: user.email, password: 'short' }
}

t.test(
  'whoever signs in with a password that breaks the rule is told so, with the way to another and the way on',
  async t => {
    const user = await withOldPassword(await verifiedUser(app))
    const signedIn = await submit(app, `/signin${TARGET}`, user)
    t.equal(signedIn.statusCode, 303)
    t.equal(signedIn.headers.location, ADVICE)
    const page = await open(app, ADVICE, { cookie: `${app.sessionCookie.name}=${cookieIn(signedIn)}` })
    t.equal(page.statusCode, 200)
    t.match(page.body, `<a class="button" href="${APP_PAGE}">`)
    t.match(page.body, 'href="/account/password"')
  },
)

t.test('the second factor comes first', async t => {
  const { user, secret } = await enrolled(app)
  const half = await submit(app, `/signin${TARGET}`, await withOldPassword(user))
  const [, action = ''] = /action="(\/signin\/mfa[^"]*)"/.exec(half.body) ?? []
  const form = { mfa_token: fieldOf(half, 'mfa_token') ?? '', otp: otpOf(secret) }
  t.equal((await submit(app, action.replaceAll('&amp;', '&'), form)).headers.location, ADVICE)
})

t.test('any other password leads straight on', async t => {
  t.equal((await submit(app, `/signin${TARGET}`, await verifiedUser(app))).headers.location, APP_PAGE)
})

t.test('threat: the page leads where redirect_to may not', async t => {
  const signedIn = await submit(app, '/signin', await verifiedUser(app))
  const cookie = `${app.sessionCookie.name}=${cookieIn(signedIn)}`
  for (const target of ['https://evil.example/', '//evil.example/', 'javascript:alert(1)'])
    t.equal((await open(app, `/signin/advice?redirect_to=${encodeURIComponent(target)}`, { cookie })).statusCode, 400)
})
