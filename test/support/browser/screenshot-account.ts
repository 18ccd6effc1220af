// Takes the pictures of docs/pages.md, account and administration: `node test/support/browser/screenshot-account.ts docs`
import t from 'tap'
import { administrator, PASSWORD } from '../app.ts'
import { enrolled, steppingClock } from '../mfa.ts'
import { openBrowser } from './chromium.ts'
import { send } from './forms.ts'
import { serve } from './serve.ts'

const [folder = 'docs'] = process.argv.slice(2)

steppingClock(t)
const { app, url } = await serve(t)
const browser = await openBrowser(t)
const page = await browser?.newPage()
if (!page) throw new Error('no browser')

const { email, user_id } = await administrator(app)
const name = { first_name: 'Leia', last_name: 'Organa' }
await app.db.updateTable('users').set(name).where('id', '=', user_id).execute()
const { user_id: other } = await enrolled(app)

await page.goto(`${url}/account`)
await send(page, { email, password: PASSWORD })
for (const [file, path, width, colorScheme] of [
  ['account', '/account/devices', 1100, 'light'],
  ['account-phone', '/account/two-factor', 360, 'dark'],
  ['admin', `/admin/users/${other}`, 1100, 'light'],
  ['admin-phone', '/admin/users', 360, 'dark'],
] as const) {
  await page.setViewportSize({ width, height: 760 })
  await page.emulateMedia({ colorScheme })
  await page.goto(url + path)
  await page.screenshot({ path: `${folder}/${file}.png` })
}
t.pass(folder)
