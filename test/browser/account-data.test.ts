// A person's own data in a browser: profile, address, password, download and deletion. Can everybody read these pages, also with errors and with the longest texts?
import type { BrowserContext } from 'playwright-core'
import t from 'tap'
import { NO_PASSWORD } from '#sql/users.ts'
import { PASSWORD, verifiedUser } from '../support/app.ts'
import { faultsOn } from '../support/browser/accessibility.ts'
import { complaints, openBrowserOnEmbedded } from '../support/browser/chromium.ts'
import { focusOn, send } from '../support/browser/forms.ts'
import { serve } from '../support/browser/serve.ts'

const NEW_PASSWORD = 'Bespin1980'
const LONG_EMAIL = `${'leia.organa'.repeat(5)}@${'a-very-long-label.'.repeat(10)}example`

const browser = await openBrowserOnEmbedded(t)
if (browser) asAPerson(browser)

function asAPerson(browser: BrowserContext): void {
  t.test('from the profile to the deletion of the account, authenticating again on the way', async t => {
    const { app, url } = await serve(t)
    const heard = complaints(browser)
    const page = await browser.newPage()
    t.teardown(() => page.close())
    const user = await verifiedUser(app)
    const heading = (name: string) => page.getByRole('heading', { level: 1, name }).waitFor()
    const link = (name: string) => page.getByRole('link', { name, exact: true }).click()

    await page.goto(`${url}/account/profile`)
    await send(page, user)
    await send(page, { first_name: 'ليا'.repeat(33), address: 'Royal Palace\nAldera', phone_number: 'none' })
    await focusOn(page, 'problem')
    t.same(await faultsOn(page), [], 'the profile with an error')
    await send(page, { phone_number: '+47 22 33 44 55' })
    await page.getByRole('status').waitFor()

    await link('E-mail address')
    await heading('Confirm that it is you')
    await send(page, { password: PASSWORD })
    await heading('Your e-mail address')
    await send(page, { email: LONG_EMAIL })
    await page.getByText(LONG_EMAIL).waitFor()
    t.same(await faultsOn(page), [], 'a change that waits for its link')

    await link('Password')
    await heading('Choose a new password')
    await send(page, { new_password: 'short' })
    await focusOn(page, 'problem')
    t.same(await faultsOn(page), [], 'a password that breaks the rule')
    await send(page, { new_password: NEW_PASSWORD })
    await heading('Your password was changed')
    t.same(await faultsOn(page), [], 'the password is changed')

    await link('Your data')
    await heading('Your data')
    const download = page.waitForEvent('download')
    await page.getByRole('button', { name: 'Download' }).click()
    t.match((await download).suggestedFilename(), /^account-\d+\.json$/)

    await link('Delete the account …')
    await heading('Confirm that it is you')
    await send(page, { password: NEW_PASSWORD })
    await heading('Delete your account?')
    t.same(await faultsOn(page), [], 'the confirmation')
    await page.getByRole('button', { name: 'Delete for good' }).click()
    await page.getByText('Your account is deleted').waitFor()
    t.same(await faultsOn(page), [], 'the end')
    t.same(await browser.cookies(url), [])
    t.same(heard, [], 'the pages complain of nothing')
  })

  t.test('an account without a password, and the advice to choose a better one', async t => {
    const { app, url } = await serve(t)
    const page = await browser.newPage()
    t.teardown(() => page.close())
    const user = await verifiedUser(app)
    await page.goto(`${url}/signin?redirect_to=/signin/advice`)
    await send(page, user)
    await page.getByRole('link', { name: 'Choose a new password' }).waitFor()
    t.same(await faultsOn(page), [], 'the advice')
    await app.db.updateTable('users').set({ password_hash: NO_PASSWORD }).where('email', '=', user.email).execute()
    await page.getByRole('link', { name: 'Choose a new password' }).click()
    await page.getByRole('heading', { level: 1, name: 'Your account has no password' }).waitFor()
    t.same(await faultsOn(page), [], 'no password')
  })
}
