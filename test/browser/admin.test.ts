// The administration in a browser: can everybody read every page, and does an administrator get something done?
import type { BrowserContext } from 'playwright-core'
import t from 'tap'
import { administrator, PASSWORD } from '../support/app.ts'
import { faultsOn } from '../support/browser/accessibility.ts'
import { complaints, openBrowser } from '../support/browser/chromium.ts'
import { send } from '../support/browser/forms.ts'
import { serve } from '../support/browser/serve.ts'
import { park, signUp } from '../support/mailer.ts'
import { enrolled, steppingClock } from '../support/mfa.ts'

const browser = await openBrowser(t)
if (browser) asAPerson(browser)

function asAPerson(browser: BrowserContext): void {
  t.test('an administrator finds a user, disables and restores, signs out, removes factors, gives a role', async t => {
    steppingClock(t)
    const { app, url } = await serve(t, { MAIL_POLL_SECONDS: '3600' })
    const heard = complaints(browser)
    const page = await browser.newPage()
    t.teardown(() => page.close())
    const { email: admin } = await administrator(app)
    const { user } = await enrolled(app)
    const waiting = await signUp(app)
    const mail = await park(app, { user_id: waiting.user_id, recipient: waiting.email })
    const press = (name: string) => page.getByRole('button', { name, exact: true }).click()
    const told = (text: string) => page.getByRole('status').filter({ hasText: text }).waitFor()

    await page.goto(`${url}/admin`)
    await send(page, { email: admin, password: PASSWORD })
    await page.getByRole('heading', { level: 1, name: 'Users' }).waitFor()
    for (const path of ['/admin/users', '/admin/history', '/admin/mails', `/admin/mails/${mail}`]) {
      await page.goto(url + path)
      t.same(await faultsOn(page), [], path)
    }

    await page.goto(`${url}/admin/users`)
    await page.getByLabel('E-mail address').fill(user.email)
    await press('Find')
    await page.getByRole('link', { name: user.email }).click()
    t.same(await faultsOn(page), [], 'the page of a user')
    await press('Disable')
    await page.getByRole('heading', { name: 'Confirm that it is you' }).waitFor()
    await send(page, { password: PASSWORD })
    await press('Disable')
    await told('The account is disabled.')
    await press('Enable')
    await told('The account is active again.')
    await press('Sign out everywhere')
    await told('signed out everywhere')
    await press('Remove second factors')
    await told('The second factors are removed.')
    await page.getByLabel('Role').selectOption('admin')
    await press('Change the role')
    await told('The role is changed.')
    t.match(await app.db.selectFrom('users').selectAll().where('email', '=', user.email).executeTakeFirst(), {
      access_role: 'admin',
      mfa_enabled: 0,
      disabled: 0,
    })
    await page.getByRole('link', { name: 'Delete …' }).click()
    t.same(await faultsOn(page), [], 'the question before a deletion')
    t.same(heard, [], 'the pages complain of nothing')
  })
}
