// A whole life with the service, from signing up to deleting the account, without a mouse.
import { readFile } from 'node:fs/promises'
import type { BrowserContext } from 'playwright-core'
import t from 'tap'
import { logIn, mailedToken, newEmail, PASSWORD } from '../support/app.ts'
import { complaints, openBrowserOnEmbedded } from '../support/browser/chromium.ts'
import { keyboardOf } from '../support/browser/keyboard.ts'
import { serve } from '../support/browser/serve.ts'
import { otpOf, steppingClock } from '../support/mfa.ts'
import { outcome, readFilms } from '../support/session.ts'

const NEW_PASSWORD = 'Bespin1980'

const browser = await openBrowserOnEmbedded(t)
if (browser) asAPerson(browser)

function asAPerson(browser: BrowserContext): void {
  t.test('by keyboard alone, a person signs up, uses every section of the account, and deletes it', async t => {
    steppingClock(t)
    const { app, url } = await serve(t)
    const heard = complaints(browser)
    const page = await browser.newPage()
    t.teardown(() => page.close())
    const { write, use, moveTo } = keyboardOf(page)
    const heading = (name: string) => page.getByRole('heading', { level: 1, name }).waitFor()
    const email = newEmail()

    await page.goto(url)
    await use('Create an account')
    await write('E-mail', email)
    await write('Password', PASSWORD)
    await use('Create the account')
    await heading('Check your inbox')

    await page.goto(`${url}/users/v1/email_verification?token=${await mailedToken(app, email)}`)
    await write('Password', PASSWORD)
    await use('Confirm my address')
    await use('Sign in')
    await write('E-mail', email)
    await write('Password', PASSWORD)
    await use('Sign in')
    await heading('You are signed in')
    await use('Your account')
    await heading('Your account')

    await use('Profile')
    await write('First name', 'Leia')
    await use('Save')
    await page.getByRole('status').waitFor()

    await use('Password')
    await heading('Confirm that it is you')
    await write('Password', PASSWORD)
    await use('Continue')
    await write('New password', NEW_PASSWORD)
    await use('Change the password')
    await heading('Your password was changed')

    const other = await logIn(app, { email, password: NEW_PASSWORD })
    await use('Devices')
    await use('Sign out all others')
    await page.getByRole('status').waitFor()
    t.equal(outcome(await readFilms(app, other.token)), '401 token-invalid')
    await use('History')
    await page.getByText('Password changed').waitFor()

    await use('Two-factor sign-in')
    await use('Set up an authenticator app')
    await write('Password', NEW_PASSWORD)
    await use('Continue')
    await use('Show the QR code')
    const secret = (await page.locator('main code').first().textContent())?.replaceAll(' ', '') ?? ''
    await write('Code from your app', otpOf(secret))
    await use('Turn it on')
    await use('I have kept them')

    await use('Your data')
    await moveTo('Download')
    const download = page.waitForEvent('download')
    await page.keyboard.press('Enter')
    const data = JSON.parse(await readFile(await (await download).path(), 'utf8'))
    t.match(data.account, { email, first_name: 'Leia' })

    await page.reload()
    await use('Delete the account …')
    await use('Delete for good')
    await page.getByRole('status').waitFor()
    t.equal(await app.db.selectFrom('users').select('id').where('email', '=', email).executeTakeFirst(), undefined)
    t.same(heard, [], 'the pages complain of nothing')
  })
}
