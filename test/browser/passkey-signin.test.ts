// The sign-in page with passkeys: by its button, by the suggestions of the e-mail field, and in place of a code.
import type { BrowserContext, Page } from 'playwright-core'
import t, { type Test } from 'tap'
import { logIn, PASSWORD, reauthenticated, verifiedUser } from '../support/app.ts'
import { violationsOn } from '../support/browser/accessibility.ts'
import { complaints, openBrowserOnEmbedded } from '../support/browser/chromium.ts'
import { send } from '../support/browser/forms.ts'
import { addAuthenticator, application } from '../support/browser/passkeys.ts'
import { serve } from '../support/browser/serve.ts'

const browser = await openBrowserOnEmbedded(t)
if (browser) asAPerson(browser)

/** A person with a passkey in this browser, signed out. */
async function withPasskey(t: Test, browser: BrowserContext) {
  const { app, url } = await serve(t)
  const page = await browser.newPage()
  t.teardown(() => page.close())
  await browser.clearCookies()
  const user = await verifiedUser(app)
  await page.goto(`${url}/ui`)
  const authenticator = await addAuthenticator(browser, page)
  const { token } = await reauthenticated(app, await logIn(app, user))
  const registered = await application(page).register(PASSWORD, token, 'This laptop')
  if (registered.status !== 200) throw new Error(JSON.stringify(registered.body))
  return { authenticator, page, url, user }
}

const signedIn = (page: Page) => page.getByRole('heading', { name: 'You are signed in' }).waitFor()

function asAPerson(browser: BrowserContext): void {
  t.test('the button signs in with a passkey, and leads on', async t => {
    const { page, url } = await withPasskey(t, browser)
    const heard = complaints(browser)
    // No suggestions, which a virtual authenticator would take at once.
    await page.addInitScript('PublicKeyCredential.isConditionalMediationAvailable = async () => false')
    await page.goto(`${url}/signin?redirect_to=/signup/sent`)
    t.same(await violationsOn(page), [])
    await page.getByLabel('Keep me signed in').uncheck()
    await page.getByRole('button', { name: 'Use a passkey' }).click()
    await page.getByRole('heading', { name: 'Check your inbox' }).waitFor()
    const [cookie] = await browser.cookies(url)
    t.equal(cookie?.expires, -1, 'until the browser is closed')
    t.same(heard, [], 'the page complains of nothing')
  })

  t.test('a suggestion of the e-mail field signs in with nothing typed', async t => {
    const { page, url } = await withPasskey(t, browser)
    await page.goto(`${url}/signin`)
    await signedIn(page)
  })

  t.test('a passkey takes the place of the code', async t => {
    const { page, url, user } = await withPasskey(t, browser)
    await page.addInitScript('PublicKeyCredential.isConditionalMediationAvailable = async () => false')
    await page.goto(`${url}/signin`)
    await page.getByLabel('E-mail').fill(user.email)
    await page.getByLabel('Password').fill(user.password)
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.getByRole('heading', { name: 'Confirm that it is you' }).waitFor()
    t.same(await violationsOn(page), [])
    await page.getByRole('button', { name: 'Use a passkey' }).click()
    await signedIn(page)
  })

  for (const keep of [true, false])
    t.test(
      `in place of the code, it ${keep ? 'keeps' : 'does not keep'} the person signed in, as was chosen`,
      async t => {
        const { page, url, user } = await withPasskey(t, browser)
        await page.addInitScript('PublicKeyCredential.isConditionalMediationAvailable = async () => false')
        await page.goto(`${url}/signin`)
        await page.getByLabel('Keep me signed in').setChecked(keep)
        await send(page, user)
        await page.getByRole('button', { name: 'Use a passkey' }).click()
        await signedIn(page)
        const [cookie] = await browser.cookies(url)
        t.equal(cookie?.expires !== -1, keep, String(cookie?.expires))
      },
    )

  t.test('a passkey that does not work says so, and the password still does', async t => {
    const { authenticator, page, url } = await withPasskey(t, browser)
    await page.addInitScript('PublicKeyCredential.isConditionalMediationAvailable = async () => false')
    await page.route('**/sessions/v1/passkey*', route =>
      route.fulfill({ status: 401, contentType: 'application/json', body: '{"message":"passkey-invalid"}' }),
    )
    await page.goto(`${url}/signin`)
    await page.getByRole('button', { name: 'Use a passkey' }).click()
    await page.getByRole('alert').filter({ hasText: 'The passkey did not work' }).waitFor()
    t.same(await violationsOn(page), [])
    await authenticator.failVerification()
    await page.getByRole('button', { name: 'Use a passkey' }).click()
    await page.getByRole('alert').waitFor({ state: 'hidden' })
    t.ok(await page.getByLabel('Password').isVisible())
  })
}
