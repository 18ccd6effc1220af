// Vaccinations in a browser: can everybody read every page, is a dose registered, approved and withdrawn, and is the certificate's QR code on the screen?
import jsQR from 'jsqr'
import type { Page } from 'playwright-core'
import { PNG } from 'pngjs'
import t from 'tap'
import { administrator, PASSWORD, verifiedUser } from '../support/app.ts'
import { faultsOn } from '../support/browser/accessibility.ts'
import { complaints, openBrowserOnEmbedded } from '../support/browser/chromium.ts'
import { send } from '../support/browser/forms.ts'
import { serve } from '../support/browser/serve.ts'
import { PERSON } from '../support/vaccinations.ts'

const forUser = await openBrowserOnEmbedded(t)
const forAdministrator = await openBrowserOnEmbedded(t)

const LONG = 'Donaudampfschifffahrtsgesellschaftskapitänsmützenverwaltungsimpfzentrum'

/** PICTURES names a folder for pictures of each page. */
const { PICTURES } = process.env

/** What a camera reads from the picture. */
async function scan(page: Page): Promise<string> {
  const { data, width, height } = PNG.sync.read(await page.locator('.qr').screenshot({ scale: 'device' }))
  return jsQR.default(new Uint8ClampedArray(data), width, height)?.data ?? ''
}

if (forUser && forAdministrator)
  t.test('a dose is registered, approved and certified, on pages that everybody can read', async t => {
    const { app, url } = await serve(t)
    const heard = complaints(forUser)
    const user = await verifiedUser(app)
    const { email } = await administrator(app)
    await app.db.updateTable('users').set(PERSON).where('email', '=', user.email).execute()

    const [page, office] = [await forUser.newPage(), await forAdministrator.newPage()]
    t.teardown(() => Promise.all([page.close(), office.close()]))
    const on = (page: Page) => ({
      press: (name: string) => page.getByRole('main').getByRole('button', { name, exact: true }).click(),
      follow: (name: string | RegExp) => page.getByRole('main').getByRole('link', { name }).first().click(),
      arrive: (name: string | RegExp) => page.getByRole('heading', { level: 1, name }).waitFor(),
    })
    const looked = async (page: Page, where: string) => {
      t.same(await faultsOn(page), [], where)
      if (!PICTURES) return
      for (const colorScheme of ['light', 'dark'] as const)
        for (const width of [360, 1280]) {
          await page.emulateMedia({ colorScheme })
          await page.setViewportSize({ width, height: 900 })
          await page.screenshot({ path: `${PICTURES}/${where}-${width}-${colorScheme}.png`, fullPage: true })
        }
    }

    await page.goto(`${url}/account/vaccinations`)
    await send(page, user)
    await on(page).arrive('Your vaccinations')
    await on(page).follow('Register a vaccination')
    await on(page).arrive('Register a vaccination')
    await looked(page, 'form')
    await page.getByLabel('Vaccine').selectOption('208')
    await page.getByLabel('Day').fill('2025-05-25')
    await page.getByLabel('Given by').fill(LONG)
    await page.getByLabel('Country').selectOption('NO')
    await page.getByLabel('Lot number').fill('x'.repeat(64))
    await on(page).press('Register')
    await page.getByRole('status').filter({ hasText: 'The vaccination is registered.' }).waitFor()
    await looked(page, 'list')

    await office.goto(`${url}/admin/vaccinations`)
    await send(office, { email, password: PASSWORD })
    await on(office).arrive('Vaccinations')
    await looked(office, 'queue')
    await on(office).follow(/Leia Organa/)
    await on(office).arrive('Confirm that it is you')
    await send(office, { password: PASSWORD })
    await on(office).arrive(/COVID-19/)
    const decideByEnter = async () => {
      const posts: string[] = []
      office.on('request', request => void (request.method() === 'POST' && posts.push(request.url())))
      await office.getByLabel('Reason').fill('The lot number is unknown.')
      await office.getByLabel('Reason').press('Enter')
      // A form that was sent would be on its way before the page answers.
      await office.evaluate('new Promise(resolve => setTimeout(resolve))')
      t.same(posts, [], 'nothing is decided by Enter')
      await office.getByLabel('Reason').fill('')
    }
    await decideByEnter()
    await on(office).press('Do not approve')
    await office.getByRole('alert').waitFor()
    await looked(office, 'decision')
    await on(office).press('Approve')
    await office.getByRole('status').filter({ hasText: 'The vaccination is approved.' }).waitFor()

    await page.reload()
    await on(page).follow('Vaccination certificate')
    await on(page).arrive('Vaccination certificate')
    await looked(page, 'certificate')
    await page.setViewportSize({ width: 1280, height: 1400 })
    t.match(await scan(page), /^shc:\/\d{800,}$/)
    const [download] = await Promise.all([page.waitForEvent('download'), on(page).follow('Download as PDF')])
    t.equal(download.suggestedFilename(), 'vaccinations.pdf')

    await office.goto(`${url}/admin/vaccinations?status=approved`)
    await on(office).follow(/Leia Organa/)
    await on(office).arrive(/COVID-19/)
    await looked(office, 'withdrawal')
    await decideByEnter()
    await office.getByLabel('Reason').fill('It was of somebody else.')
    await on(office).press('Withdraw the approval')
    await office.getByRole('status').filter({ hasText: 'The approval is withdrawn.' }).waitFor()

    await page.goto(`${url}/account/vaccinations`)
    await on(page).follow('Delete …')
    await on(page).arrive('Delete this vaccination?')
    await looked(page, 'deletion')
    await on(page).press('Delete')
    await page.getByRole('status').filter({ hasText: 'The vaccination is deleted.' }).waitFor()
    t.same(heard, [], 'the pages complain of nothing')
  })
