// Takes the pictures of docs/mail.md, three mails on a phone and the development mailbox: `node test/support/browser/screenshot-mails.ts docs`
import { join } from 'node:path'
import t from 'tap'
import { build, newEmail, verifiedUser } from '../app.ts'
import { forgotten } from '../mails.ts'
import { sampleMail } from '../sample-mails.ts'
import { openBrowser } from './chromium.ts'
import { serve } from './serve.ts'

const [folder = 'docs'] = process.argv.slice(2)
const SIZE = { width: 380, height: 640 }

const { app, url } = await serve(t)
const browser = await openBrowser(t)
const page = await browser?.newPage()
if (!page) throw new Error('no browser')

const acme = await build(t, { PUBLIC_URL: 'https://login.acme.example', APP_NAME: 'Acme' })
const pictures: string[] = []
for (const [colorScheme, template, language] of [
  ['light', 'email-verification', 'en'],
  ['dark', 'password-forgotten', 'de'],
  ['light', 'passkey-added', 'es'],
] as const) {
  await page.setViewportSize(SIZE)
  await page.emulateMedia({ colorScheme })
  await page.setContent((await sampleMail(acme, template, { language })).html)
  pictures.push((await page.screenshot()).toString('base64'))
}
await page.setViewportSize({
  width: SIZE.width * pictures.length + 16 * (pictures.length + 1),
  height: SIZE.height + 32,
})
await page.setContent(`<body style="display:flex;gap:16px;margin:16px;background:#c9ced8">
${pictures.map(picture => `<img style="border-radius:12px" src="data:image/png;base64,${picture}">`).join('')}`)
await page.screenshot({ path: join(folder, 'mail.png') })

const { email } = await verifiedUser(app, newEmail())
await forgotten(app, email)
await page.emulateMedia({ colorScheme: 'light' })
await page.setViewportSize({ width: 1100, height: 760 })
await page.goto(`${url}/dev/mailbox`)
await page.frameLocator('iframe').first().getByRole('heading').waitFor()
await page.screenshot({ path: join(folder, 'mailbox.png') })
t.pass(folder)
