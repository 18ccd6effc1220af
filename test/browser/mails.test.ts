// Mails as a mail reader with a browser's engine shows them, and in the development mailbox.
import type { BrowserContext } from 'playwright-core'
import t from 'tap'
import { build, call, newEmail, PASSWORD } from '../support/app.ts'
import { violationsOn } from '../support/browser/accessibility.ts'
import { complaints, openBrowserOnEmbedded } from '../support/browser/chromium.ts'
import { serve } from '../support/browser/serve.ts'
import { sampleMails } from '../support/sample-mails.ts'

const LONG = {
  PUBLIC_URL: `https://${'very-'.repeat(11)}long.example`,
  APP_NAME: 'Donaudampfschifffahrtsgesellschaftskapitänsmützenverwaltung GmbH',
}
const account = `${'very-'.repeat(12)}long@alderaan.example`

const browser = await openBrowserOnEmbedded(t)
if (browser) asAReader(browser)

function asAReader(browser: BrowserContext): void {
  t.test('no mail is wider than a phone of 320 pixels, with the longest link and names: they wrap', async t => {
    const app = await build(t, LONG)
    const page = await browser.newPage()
    t.teardown(() => page.close())
    await page.setViewportSize({ width: 320, height: 640 })
    for await (const { html, language, template } of sampleMails(app, { account })) {
      await page.setContent(html)
      t.equal(await page.evaluate('document.documentElement.scrollWidth'), 320, `${language} ${template}`)
    }
  })

  for (const colorScheme of ['light', 'dark'] as const)
    t.test(`every mail can be read by everybody, in ${colorScheme} colors`, async t => {
      const app = await build(t)
      const page = await browser.newPage()
      t.teardown(() => page.close())
      await page.setViewportSize({ width: 360, height: 740 })
      await page.emulateMedia({ colorScheme })
      const backgrounds = new Set()
      for await (const { html, language, template } of sampleMails(app)) {
        await page.setContent(html)
        t.same(await violationsOn(page), [], `${language} ${template}`)
        backgrounds.add(await page.evaluate('getComputedStyle(document.body).backgroundColor'))
      }
      t.same([...backgrounds], [colorScheme === 'light' ? 'rgb(244, 245, 248)' : 'rgb(20, 23, 29)'])
    })

  t.test('the development mailbox shows a mail as HTML, whose button opens its page in a tab, and as text', async t => {
    const { app, url } = await serve(t)
    const heard = complaints(browser)
    const email = newEmail()
    await call(app, 'POST', '/users/v1/signup', { payload: { email, password: PASSWORD } })
    await app.mailer.idle()
    const page = await browser.newPage()
    t.teardown(() => page.close())
    await page.setViewportSize({ width: 360, height: 740 })
    await page.goto(`${url}/dev/mailbox`)
    t.equal(await page.evaluate('document.documentElement.scrollWidth'), 360)
    const mail = page.locator('article', { hasText: email })
    await mail.locator('pre').getByRole('link').waitFor()
    const tab = browser.waitForEvent('page')
    await mail.frameLocator('iframe').getByRole('link', { name: 'Verify my e-mail address' }).click()
    const opened = await tab
    await opened.getByRole('heading', { name: 'Confirm your address' }).waitFor()
    await opened.close()
    t.same(heard, [], 'nothing is blocked that belongs to it')
    // What looks for violations writes to the sandboxed frame, in vain, and is heard.
    t.same(await violationsOn(page), [])
  })

  t.test('threat: a script in a mail runs, or reads the mailbox', async t => {
    const { app, url } = await serve(t)
    const id = '01981f1c-7b2e-7cc1-a1a2-3b4c5d6e7f80'
    const html = `<script>document.title = 'run'</script><img src="${url}/assets/icon.svg" onerror="document.title = 'run'"><form action="${url}/signout" method="post"><button>out</button></form>`
    await app.mailbox?.send({ id, to: 'ann@alderaan.example', subject: 'x', text: 'x', html })
    const page = await browser.newPage()
    t.teardown(() => page.close())
    await page.goto(`${url}/dev/mailbox/${id}`)
    t.equal(await page.evaluate('window.origin'), 'null', 'it has not the rights of our origin')
    t.equal(await page.title(), '')
    await page.getByRole('button').click()
    t.equal(page.url(), `${url}/dev/mailbox/${id}`, 'and sends no forms')
  })
}
