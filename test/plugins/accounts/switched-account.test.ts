// In another tab somebody else may have signed in since a page was opened: its form must change nothing of theirs.
import { glob, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { build } from '../../support/app.ts'
import { administratorsBrowser, type SignedInBrowser, signedInBrowser } from '../../support/console.ts'
import { fieldOf } from '../../support/pages.ts'
import { OFFLINE_PROVIDER } from '../../support/providers/offline.ts'
import { routesOf } from '../../support/routes.ts'

const app = await build(t, OFFLINE_PROVIDER)
const routes = routesOf(app).filter(({ url }) => /^\/(account|admin)\b/.test(url))

const idOf = (browser: SignedInBrowser) => String(app.tokens.cookie.verifyIgnoringExpiry(browser.cookie()).user_id)

/** What a page's form sends besides what is typed. */
const ownerOn = (page: { body: string }) => ({ account_id: fieldOf(page, 'account_id') ?? '' })

t.test('threat: the page that deletes an account, sent when somebody else has signed in', async t => {
  const [before, now] = [await signedInBrowser(app), await signedInBrowser(app)]
  for (const browser of [before, now]) await browser.reauthenticate()
  const page = await before.open('/account/data/deletion')
  const refused = await now.submit('/account/data/deletion', ownerOn(page))
  t.equal(refused.statusCode, 409)
  t.match(refused.body, 'This page was for another account than the one that is signed in now. Nothing was changed.')
  t.equal((await now.open('/account')).statusCode, 200, 'who is signed in is still there')
  t.equal((await before.submit('/account/data/deletion', ownerOn(page))).headers.location, '/?done=deleted')
})

t.test('threat: a profile, typed before somebody else signed in', async t => {
  const [before, now] = [await signedInBrowser(app), await signedInBrowser(app)]
  const page = await before.open('/account/profile')
  const typed = { first_name: 'Lando', last_name: '', phone_number: '', address: '', national_id: '', version: '' }
  const refused = await now.submit('/account/profile', { ...typed, ...ownerOn(page) })
  t.equal(refused.statusCode, 409)
  t.notMatch(refused.body, 'Lando')
  t.notMatch((await now.open('/account/profile')).body, 'Lando')
  const saved = await before.submit('/account/profile', { ...typed, ...ownerOn(page) })
  t.equal(saved.headers.location, '/account/profile?done=saved')
})

t.test('threat: any form of the account or of the administration, of another account', async t => {
  const admin = await administratorsBrowser(app)
  for (const { path, method } of routes) {
    if (method !== 'POST') continue
    const refused = await admin.submit(path, { account_id: `${Number(idOf(admin)) + 1}` })
    t.equal(refused.statusCode, 409, path)
  }
})

t.test('every form on every page says whose it is', async t => {
  const admin = await administratorsBrowser(app)
  await admin.submit('/account/two-factor/totp/start')
  let forms = 0
  for (const { path, method } of routes) {
    if (method !== 'GET') continue
    const page = await admin.open(path)
    for (const [, rest = ''] of page.body.matchAll(/<form\b[^>]*method="post"[^>]*>\s*([\s\S]*?)<\/form>/g)) {
      t.match(rest, `name="account_id" value="${idOf(admin)}"`, path)
      forms++
    }
  }
  t.ok(forms > 25)
})

t.test('no template has a form of which that is not known', async t => {
  const folder = join(import.meta.dirname, '../../../plugins/templates/pages')
  for await (const file of glob(join(folder, '**/*.eta')))
    for (const [form] of (await readFile(file, 'utf8')).matchAll(/<form[\s\S]*?\n/gi))
      t.match(form.replace(/<%.*?%>/g, ''), /<form\b[^>]* method="(post|get)"/, file)
})
