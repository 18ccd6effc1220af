/** The vanilla example in a browser, on another port than the service: the ways to log in. */
import type { BrowserContext } from 'playwright-core'
import t from 'tap'
import { mailedToken, newEmail, PASSWORD, verifiedUser } from '../support/app.ts'
import { complaints, openBrowserOnEmbedded } from '../support/browser/chromium.ts'
import { openTab, serveExample } from '../support/browser/example.ts'
import { addAuthenticator, application } from '../support/browser/passkeys.ts'
import { enrolled, otpOf } from '../support/mfa.ts'
import { sessionOf } from '../support/session.ts'

// For a machine that is busy with other tests.
t.setTimeout(300_000)

const browser = await openBrowserOnEmbedded(t)
if (browser) asAPerson(browser)

function asAPerson(browser: BrowserContext): void {
  t.test('a person signs up, follows the mailed link, logs in and reads the films until logging out', async t => {
    const heard = complaints(browser)
    const { app, url, origin } = await serveExample(t, origin => ({ CORS_ORIGINS: origin }))
    const tab = await openTab(t, browser, origin)
    const user = { email: newEmail(), password: PASSWORD }
    await tab.page.getByLabel('E-mail').fill(user.email)
    await tab.page.getByLabel('Password').fill(user.password)
    await tab.page.getByRole('button', { name: 'Sign up' }).click()
    await tab.status.filter({ hasText: 'Follow the link' }).waitFor()
    await tab.page.getByRole('button', { name: 'Log in', exact: true }).click()
    await tab.status.filter({ hasText: 'Confirm your address first' }).waitFor()

    const mailed = await browser.newPage()
    await mailed.goto(`${url}/users/v1/email_verification?token=${await mailedToken(app, user.email)}`)
    await mailed.getByLabel('Password').fill(PASSWORD)
    await mailed.getByRole('button').first().click()
    await mailed.waitForLoadState()
    await mailed.close()

    await tab.logIn(user)
    await tab.showsFilms()
    await tab.page.reload()
    await tab.showsFilms()
    const { access } = await tab.tokens()
    await tab.page.getByRole('button', { name: 'Log out' }).click()
    await tab.asksForLogin('You are logged out.')
    t.ok((await sessionOf(app, access)).revoked_at, 'the service knows')
    t.same(heard, [], 'the browser complains of nothing')
  })

  t.test('a wrong password, and a device without a passkey, are told in words', async t => {
    const { app, origin } = await serveExample(t, origin => ({ CORS_ORIGINS: origin, PASSKEY_ORIGINS: origin }))
    const tab = await openTab(t, browser, origin)
    await addAuthenticator(browser, tab.page)
    const { email } = await verifiedUser(app)
    await tab.logIn({ email, password: 'Coruscant19BBY' })
    await tab.status.filter({ hasText: 'The e-mail address or the password is wrong.' }).waitFor()
    await tab.page.getByRole('button', { name: 'Log in with a passkey' }).click()
    await tab.status.filter({ hasText: 'No passkey was used' }).waitFor()
  })

  t.test('a login with a second factor asks for its code', async t => {
    const { app, origin } = await serveExample(t, origin => ({ CORS_ORIGINS: origin }))
    const { user, secret } = await enrolled(app)
    const tab = await openTab(t, browser, origin)
    await tab.logIn(user)
    await tab.page.getByLabel('Code').fill(otpOf(secret))
    await tab.page.getByRole('button', { name: 'Continue' }).click()
    await tab.showsFilms()
  })

  t.test('a login by passkey, on an origin of PASSKEY_ORIGINS, needs nothing typed', async t => {
    const { app, url, origin } = await serveExample(t, origin => ({ CORS_ORIGINS: origin, PASSKEY_ORIGINS: origin }))
    const { page, ...tab } = await openTab(t, browser, origin)
    await addAuthenticator(browser, page)
    const user = await verifiedUser(app)
    await page.goto(`${url}/ui`)
    const script = application(page)
    const { token } = (await script.send('POST', '/users/v1/login', user)).body
    t.match(await script.register(PASSWORD, token, 'This laptop'), { status: 200 })
    await page.goto(origin)
    await page.getByRole('button', { name: 'Log in with a passkey' }).click()
    await tab.showsFilms()
  })
}
