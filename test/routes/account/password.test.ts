// The page on which people choose a new password.
import t from 'tap'
import { NO_PASSWORD } from '#sql/users.ts'
import { build, call, codeOf, logIn } from '../../support/app.ts'
import { type SignedInBrowser, signedInBrowser } from '../../support/console.ts'
import { browse, setCookie } from '../../support/cookies.ts'
import { subjectsTo } from '../../support/mails.ts'
import { open } from '../../support/pages.ts'

const app = await build(t)

const PAGE = '/account/password'
const NEW = 'Bespin1980'

const signIn = (email: string, password: string) =>
  call(app, 'POST', '/users/v1/login', { payload: { email, password } })

async function reauthenticatedBrowser(): Promise<SignedInBrowser> {
  const browser = await signedInBrowser(app)
  await browser.reauthenticate()
  return browser
}

t.test('whoever has not authenticated lately does so first, before anything is typed', async t => {
  const browser = await signedInBrowser(app)
  const there = `/account/reauthenticate?redirect_to=${encodeURIComponent(PAGE)}`
  t.equal((await browser.open(PAGE)).headers.location, there)
  t.equal((await browser.submit(PAGE, { new_password: NEW }, PAGE)).headers.location, there)
  t.equal((await signIn(browser.user.email, NEW)).statusCode, 404)
})

t.test('a new password keeps this browser signed in by a new cookie, and signs out all others', async t => {
  const browser = await reauthenticatedBrowser()
  const { email, password } = browser.user
  const other = await logIn(app, browser.user)
  const before = browser.cookie()
  t.match((await browser.open(PAGE)).body, `value="${email}" autocomplete="username"`)

  const changed = await browser.submit(PAGE, { new_password: NEW })
  t.equal(changed.statusCode, 303)
  t.match(setCookie(changed), /HttpOnly.*SameSite=Lax/)
  const page = await browser.open(changed.headers.location ?? '')
  t.equal(page.statusCode, 200)
  t.match(page.body, 'Your password was changed')
  t.equal(codeOf(await browse(app, 'GET', '/films/v1/', before)), 'token-invalid', 'the cookie of before is dead')
  t.equal(codeOf(await call(app, 'GET', '/films/v1/', { token: other.token })), 'token-invalid')
  t.equal((await signIn(email, password)).statusCode, 404)
  t.equal((await signIn(email, NEW)).statusCode, 200)
  t.ok((await subjectsTo(app, email)).includes('Your password was changed'))
})

t.test(
  'a password that breaks the rule, that everybody has or that is the current one brings the form back without it',
  async t => {
    const browser = await reauthenticatedBrowser()
    for (const [password, problem] of [
      ['bespin', 'Choose a password of 8 to 32 characters'],
      ['Password123', 'too common'],
      [browser.user.password, 'your current password'],
    ] as const) {
      const page = await browser.submit(PAGE, { new_password: password })
      t.equal(page.statusCode, 400)
      t.match(page.body, new RegExp(`<a href="#password">[^<]*${problem}`))
      t.notMatch(page.body, `"${password}"`)
    }
    t.equal((await signIn(browser.user.email, browser.user.password)).statusCode, 200)
  },
)

t.test('an account without a password gets one by a mailed link', async t => {
  const browser = await signedInBrowser(app)
  const { email } = browser.user
  await app.db.updateTable('users').set({ password_hash: NO_PASSWORD }).where('email', '=', email).execute()
  const page = await browser.open(PAGE)
  t.equal(page.statusCode, 200)
  t.match(page.body, 'Your account has no password')
  const sent = await browser.submit(`${PAGE}/link`)
  t.equal(sent.statusCode, 303)
  t.match((await browser.open(sent.headers.location ?? '')).body, /role="status"[^<]*>The link is on its way/)
  t.equal((await subjectsTo(app, email)).at(-1), 'Choose a new password')
})

t.test(
  'password managers are led here, and whoever is signed out to the sign-in page, which knows forgotten ones',
  async t => {
    const led = await open(app, '/.well-known/change-password')
    t.equal(led.statusCode, 303)
    t.equal(led.headers.location, PAGE)
    const signin = String((await open(app, PAGE)).headers.location)
    t.equal(signin, `/signin?redirect_to=${encodeURIComponent(PAGE)}`)
    t.match((await open(app, signin)).body, 'href="/forgot?redirect_to=%2Faccount%2Fpassword"')
  },
)
