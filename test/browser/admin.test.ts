// The administration in a browser: can everybody read every page, and does an administrator get something done?
import type { BrowserContext } from 'playwright-core'
import t from 'tap'
import { administrator, PASSWORD } from '../support/app.ts'
import { faultsOn } from '../support/browser/accessibility.ts'
import { complaints, openBrowserOnEmbedded } from '../support/browser/chromium.ts'
import { send } from '../support/browser/forms.ts'
import { serve } from '../support/browser/serve.ts'
import { park, signUp } from '../support/mailer.ts'
import { enrolled, steppingClock } from '../support/mfa.ts'

const browser = await openBrowserOnEmbedded(t)
if (browser) asAPerson(browser)

function asAPerson(browser: BrowserContext): void {
  t.test('an administrator finds a user, disables and restores, signs out, removes factors, gives a role', async t => {
    steppingClock(t)
    const { app, url } = await serve(t)
    const heard = complaints(browser)
    const page = await browser.newPage()
    t.teardown(() => page.close())
    const { email: admin } = await administrator(app)
    const { user } = await enrolled(app)
    const name = { first_name: 'Leia'.repeat(25), last_name: 'ليا أورغانا من ألديران' }
    await app.db.updateTable('users').set(name).where('email', '=', user.email).execute()
    const waiting = await signUp(app)
    const mail = await park(app, { user_id: waiting.user_id, recipient: waiting.email })
    const press = (name: string) => page.getByRole('main').getByRole('button', { name, exact: true }).click()
    const heightOf = async (selector: string) => (await page.locator(selector).boundingBox())?.height ?? Infinity
    const told = (text: string) => page.getByRole('status').filter({ hasText: text }).waitFor()

    await page.goto(`${url}/admin`)
    await send(page, { email: admin, password: PASSWORD })
    await page.getByRole('heading', { level: 1, name: 'Users' }).waitFor()
    for (const path of ['/admin/users', '/admin/history', '/admin/mails', `/admin/mails/${mail}`]) {
      await page.goto(url + path)
      t.same(await faultsOn(page), [], path)
    }

    await page.setViewportSize({ width: 360, height: 740 })
    t.ok((await heightOf('.who')) < 48, 'who is signed in stands in one line on a phone')
    await page.setViewportSize({ width: 1280, height: 900 })
    await page.goto(`${url}/account/logins?lang=de`)
    t.equal(
      await heightOf('.sections [aria-current]'),
      await heightOf('.sections li:first-child a'),
      'no word is broken',
    )

    await page.goto(`${url}/admin/users`)
    await page.getByLabel('E-mail address').fill(user.email)
    await press('Find')
    await page.getByRole('link', { name: user.email }).click()
    t.same(await faultsOn(page), [], 'the page of a user')
    const ask = (name: string) =>
      page
        .getByRole('link', { name: `${name} …`, exact: true })
        .first()
        .click()

    await ask('Sign out')
    await page.getByRole('heading', { name: 'Confirm that it is you' }).waitFor()
    await send(page, { password: PASSWORD })
    await page.getByRole('heading', { name: 'Sign out this device?' }).waitFor()
    t.same(await faultsOn(page), [], 'the question about a device')
    await press('Sign out')
    await told('The device is signed out.')
    await ask('Disable')
    t.same(await faultsOn(page), [], 'the question about a user')
    await press('Disable')
    await told('The account is disabled.')
    await ask('Enable')
    await press('Enable')
    await told('The account is active again.')
    await ask('Sign out everywhere')
    await press('Sign out everywhere')
    await told('signed out everywhere')
    await ask('Remove second factors')
    await press('Remove second factors')
    await told('The second factors are removed.')
    await ask('Make administrator')
    await press('Make administrator')
    await told('The user is an administrator now.')
    t.same(await faultsOn(page), [], 'the page of a user with a history')
    t.match(await app.db.selectFrom('users').selectAll().where('email', '=', user.email).executeTakeFirst(), {
      access_role: 'admin',
      mfa_enabled: 0,
      disabled: 0,
    })
    await ask('Delete')
    t.same(await faultsOn(page), [], 'the question before a deletion')
    await page.goto(`${url}/admin/history`)
    await page.getByLabel('From').fill('2026-01-01T00:00')
    await press('Show')
    t.match(page.url(), 'from=2026-01-01T00%3A00')
    await page.getByRole('strong').filter({ hasText: 'Made an administrator' }).waitFor()
    t.same(await faultsOn(page), [], 'the history')
    t.same(heard, [], 'the pages complain of nothing')
  })
}
