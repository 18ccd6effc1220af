// The hosted pages in a browser that runs no script: everything but passkeys works.
import type { BrowserContext, Page } from 'playwright-core'
import t from 'tap'
import { mailedToken, newEmail, PASSWORD } from '../support/app.ts'
import { openBrowserOnEmbedded } from '../support/browser/chromium.ts'
import { serve } from '../support/browser/serve.ts'
import { mailsTo } from '../support/mails.ts'
import { enrolled, otpOf } from '../support/mfa.ts'

const NEW = 'Bespin1980'

const browser = await openBrowserOnEmbedded(t, { javaScriptEnabled: false })
if (browser) asAPerson(browser)

async function send(page: Page, values: Record<string, string>, button: string): Promise<void> {
  for (const [label, value] of Object.entries(values)) await page.getByLabel(label, { exact: true }).fill(value)
  await page.getByRole('button', { name: button }).first().click()
}

const arrive = (page: Page, name: string) => page.getByRole('heading', { name }).waitFor()

function asAPerson(browser: BrowserContext): void {
  t.test('without scripts, a person signs up, confirms, signs in, signs out, and forgets the password', async t => {
    const { app, url } = await serve(t)
    const page = await browser.newPage()
    t.teardown(() => page.close())
    const email = newEmail()

    await page.goto(url)
    await page.getByRole('link', { name: 'Create an account' }).click()
    await send(page, { 'E-mail': email, Password: PASSWORD }, 'Create the account')
    await arrive(page, 'Check your inbox')
    await page.goto(`${url}/users/v1/email_verification?token=${await mailedToken(app, email)}`)
    await send(page, { Password: PASSWORD }, 'Confirm my address')
    await page.getByRole('link', { name: 'Sign in' }).click()
    await send(page, { 'E-mail': email, Password: PASSWORD }, 'Sign in')
    await arrive(page, 'You are signed in')
    await page.getByRole('button', { name: 'Sign out' }).click()
    await arrive(page, 'Welcome to Holocron')

    await page.getByRole('link', { name: 'Sign in' }).click()
    await arrive(page, 'Sign in')
    t.notOk(await page.getByRole('button', { name: 'Use a passkey' }).isVisible(), 'which would need one')
    await page.getByRole('link', { name: 'Forgot your password?' }).click()
    await send(page, { 'E-mail': email }, 'Send the e-mail')
    await arrive(page, 'Check your inbox')
    await mailedToken(app, email)
    const [mail] = await mailsTo(app, email)
    const code = /: (\d{6})\n/.exec(mail?.text ?? '')?.[1] ?? ''
    await send(page, { 'E-mail': email, Code: code }, 'Continue')
    await send(page, { 'New password': NEW }, 'Set my password')
    await page.getByRole('link', { name: 'Sign in' }).click()
    await send(page, { 'E-mail': email, Password: NEW }, 'Sign in')
    await arrive(page, 'You are signed in')
  })

  t.test('without scripts, a person signs in with a second factor, or with a recovery code', async t => {
    const { app, url } = await serve(t)
    const page = await browser.newPage()
    t.teardown(() => page.close())
    const { user, secret, recovery_codes } = await enrolled(app)
    const begin = async () => {
      await page.goto(`${url}/signin`)
      await send(page, { 'E-mail': user.email, Password: user.password }, 'Sign in')
      await arrive(page, 'Confirm that it is you')
    }

    await begin()
    await send(page, { 'Code from your app': otpOf(secret) }, 'Sign in')
    await arrive(page, 'You are signed in')
    await page.getByRole('button', { name: 'Sign out' }).click()

    await begin()
    await page.getByText('Use a recovery code').click()
    await page.getByLabel('Recovery code', { exact: true }).fill(recovery_codes[0] ?? '')
    await page.keyboard.press('Enter')
    await arrive(page, 'You are signed in')
  })
}
