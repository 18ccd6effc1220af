// The hosted pages in a browser: can everybody read and use them?
import type { BrowserContext } from 'playwright-core'
import t from 'tap'
import { call, mailedToken, newEmail, PASSWORD, verifiedUser } from '../support/app.ts'
import { faultsOn } from '../support/browser/accessibility.ts'
import { openBrowserOnEmbedded } from '../support/browser/chromium.ts'
import { focusOn, send } from '../support/browser/forms.ts'
import { serve } from '../support/browser/serve.ts'
import { enrolled } from '../support/mfa.ts'

const EXTREME = {
  APP_NAME: 'Donaudampfschifffahrtsgesellschaftskapitänsmützenverwaltung GmbH',
  APP_URL: 'https://app.example/',
}

const browser = await openBrowserOnEmbedded(t)
if (browser) asAPerson(browser)

function asAPerson(browser: BrowserContext): void {
  t.test(
    'every page with an error, with a second factor, and with the longest names can be read by everybody',
    async t => {
      const { app, url } = await serve(t, EXTREME)
      const page = await browser.newPage()
      t.teardown(() => page.close())
      const { user } = await enrolled(app)
      const email = newEmail()
      await call(app, 'POST', '/users/v1/signup', { payload: { email, password: PASSWORD } })
      const forms: [path: string, values: Record<string, string>][] = [
        ['/signin', { email: `${'x'.repeat(60)}@${'y'.repeat(60)}.example`, password: PASSWORD }],
        ['/signup', { email: user.email, password: 'short' }],
        ['/forgot/sent', { email: user.email, code: '000000' }],
        [`/users/v1/email_verification?token=${await mailedToken(app, email)}`, { password: 'Wrong-Password1' }],
      ]
      for (const [path, values] of forms) {
        await page.goto(url + path)
        await send(page, values)
        t.same(await faultsOn(page), [], path)
      }
      for (const link of ['password_reset', 'email_verification']) {
        await page.goto(`${url}/users/v1/${link}?token=x`)
        t.same(await faultsOn(page), [], link)
      }
      await page.goto(`${url}/signin?redirect_to=//evil`)
      t.same(await faultsOn(page), [])

      await page.goto(`${url}/signin?lang=de`)
      await send(page, user)
      await page.getByRole('heading', { name: 'Bestätigen Sie, dass Sie es sind' }).waitFor()
      await page.getByText('Wiederherstellungscode verwenden').click()
      t.same(await faultsOn(page), [])
      await send(page, { otp: '000000' })
      await page.getByRole('alert').waitFor()
      t.same(await faultsOn(page), [])
    },
  )

  t.test('a person without a mouse signs in', async t => {
    const { app, url } = await serve(t)
    const page = await browser.newPage()
    t.teardown(() => page.close())
    const user = await verifiedUser(app)
    const press = async (...keys: string[]) => {
      for (const key of keys) await page.keyboard.press(key)
    }

    await page.goto(`${url}/signup/sent`)
    await press('Tab')
    await focusOn(page, 'Skip to content')
    await press('Enter')
    await focusOn(page, 'main')
    await press('Tab')
    await focusOn(page, 'Send the e-mail again')

    await page.goto(`${url}/signin`)
    await focusOn(page, 'email')
    await page.keyboard.type(user.email)
    await press('Tab')
    await focusOn(page, 'password')
    await page.keyboard.type('Coruscant19BBY')
    await press('Enter')
    await page.getByRole('alert').filter({ hasText: 'wrong' }).waitFor()
    // What went wrong is read first.
    await focusOn(page, 'problem')

    await page.locator('#password').focus()
    await page.keyboard.type(user.password)
    await press('Tab', 'Tab')
    await focusOn(page, 'Sign in')
    await press('Space')
    await page.getByRole('heading', { name: 'You are signed in' }).waitFor()
  })

  t.test('the message of an error leads to its field', async t => {
    const { url } = await serve(t)
    const page = await browser.newPage()
    t.teardown(() => page.close())
    await page.goto(`${url}/signup`)
    await send(page, { email: newEmail(), password: 'short' })
    await page.getByRole('alert').getByRole('link').click()
    await focusOn(page, 'password')
    const described = await page.locator('#password').getAttribute('aria-describedby')
    t.equal(described, 'password-hint password-error')
  })
}
