// Mails on a narrow phone, as a mail reader with a browser's engine shows them.
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { loadTemplate } from '../../plugins/mailer/template.ts'
import { openBrowser } from '../support/browser/chromium.ts'

const FOLDER = join(import.meta.dirname, '../../plugins/mailer/templates')
const LINK = `https://accounts.a-rather-long-name.example/auth/users/v1/email_verification?token=${'Ab1-'.repeat(11)}`

const browser = await openBrowser(t)
if (browser) {
  t.test('no mail is wider than a phone of 320 pixels: a long link wraps', async t => {
    const page = await browser.newPage()
    await page.setViewportSize({ width: 320, height: 640 })
    for (const file of await readdir(FOLDER)) {
      const template = await loadTemplate(file.replace('.ts', ''))
      const { html } = template.render({
        link: LINK,
        service: `${'very-'.repeat(12)}long.example`,
        lifetime: '24 hours',
        code: '123456',
        account: `${'very-'.repeat(12)}long@alderaan.example`,
        details: 'passkeys, the authenticator app, recovery codes',
      })
      await page.setContent(html)
      t.equal(await page.evaluate('document.documentElement.scrollWidth'), 320, file)
      t.equal(await page.locator('head meta[charset=utf-8], head meta[name=viewport]').count(), 2, file)
    }
  })
}
