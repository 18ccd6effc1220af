// The address book in a browser: can everybody read its pages, also with errors and with the longest names? Does it work without scripts?
import type { BrowserContext } from 'playwright-core'
import t from 'tap'
import { verifiedUser } from '../support/app.ts'
import { faultsOn } from '../support/browser/accessibility.ts'
import { complaints, openBrowserOnEmbedded } from '../support/browser/chromium.ts'
import { focusOn, send } from '../support/browser/forms.ts'
import { serve } from '../support/browser/serve.ts'
import { IOS } from '../support/cards.ts'

const LONG = {
  first_name: 'ليا'.repeat(33),
  last_name: 'Organa'.repeat(16),
  email: `${'leia.organa'.repeat(10)}@alderaan.example`,
  phone_number: '+47 22 33 44 55',
  notes: 'Met at the cantina',
}

const browser = await openBrowserOnEmbedded(t)
if (browser) asAPerson(browser)

function asAPerson(browser: BrowserContext): void {
  t.test('from the first contact to files in and out', async t => {
    const { app, url } = await serve(t)
    const heard = complaints(browser)
    const page = await browser.newPage()
    t.teardown(() => page.close())
    const heading = (name: string) => page.getByRole('heading', { level: 1, name }).waitFor()
    const link = (name: string) => page.getByRole('link', { name }).click()

    await page.goto(`${url}/account/contacts`)
    await send(page, await verifiedUser(app))
    await heading('Your contacts')
    t.same(await faultsOn(page), [], 'no contacts')

    await link('Add a contact')
    await send(page, { ...LONG, birthday: 'tomorrow' })
    await focusOn(page, 'problem')
    t.same(await faultsOn(page), [], 'a form with an error')
    await send(page, { birthday: '--10-21' })
    await page.getByRole('status').waitFor()
    t.same(await faultsOn(page), [], 'a contact with a long name')

    await link('Import')
    t.same(await faultsOn(page), [], 'the form for a file')
    const bad = 'BEGIN:VCARD\r\nFN:Han\r\nBDAY:never\r\nEND:VCARD\r\n'
    const buffer = Buffer.concat([IOS, Buffer.from(bad)])
    await page.getByLabel('File').setInputFiles({ name: 'contacts.vcf', mimeType: 'text/vcard', buffer })
    await page.getByRole('button', { name: 'Import' }).click()
    await heading('Contacts imported')
    await page.getByText('2 new contacts').waitFor()
    t.same(await faultsOn(page), [], 'what has become of the file')

    await link('To the contacts')
    const download = page.waitForEvent('download')
    await link('Export all')
    t.equal((await download).suggestedFilename(), 'contacts.vcf')

    await page.getByLabel('Search').fill('amidala')
    await page.getByRole('button', { name: 'Search' }).click()
    await page.getByRole('link', { name: 'Leia Amidala Organa' }).click()
    await heading('Edit contact')
    t.same(await faultsOn(page), [], 'a contact')
    await page.goBack()
    await link('Delete …')
    await heading('Delete this contact?')
    t.same(await faultsOn(page), [], 'the question')
    await page.getByRole('button', { name: 'Delete' }).click()
    await page.getByText('The contact is deleted.').waitFor()
    t.same(heard, [], 'the pages complain of nothing')
  })
}
