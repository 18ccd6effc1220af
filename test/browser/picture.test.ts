// The picture of an account, chosen in a real browser: with a preview where scripts run, and without where they do not.
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { BrowserContext } from 'playwright-core'
import t, { type Test } from 'tap'
import { PASSWORD, REAL, temporaryFolder, verifiedUser } from '../support/app.ts'
import { spectator } from '../support/browser/accessibility.ts'
import { complaints, openBrowser, openBrowserOnEmbedded } from '../support/browser/chromium.ts'
import { send } from '../support/browser/forms.ts'
import { serve } from '../support/browser/serve.ts'
import { photo } from '../support/pictures.ts'

async function signedIn(t: Test, browser: BrowserContext) {
  const { app, url } = await serve(t)
  const { email } = await verifiedUser(app)
  const page = await browser.newPage()
  await page.goto(`${url}/account/picture`)
  await send(page, { email, password: PASSWORD })
  const file = join(await temporaryFolder(t), 'photo.jpg')
  await writeFile(file, await photo())
  const tooLarge = { name: 'large.png', mimeType: 'image/png', buffer: Buffer.alloc(app.config.AVATAR_MAX_BYTES + 1) }
  const save = async () => {
    await page.getByLabel('Picture', { exact: true }).setInputFiles(file)
    await page.getByRole('button', { name: 'Save picture' }).click()
    await page.getByText('Your picture is saved.').waitFor()
    await page.waitForFunction('[...document.images].every(image => image.naturalWidth >= 128)')
  }
  return { app, page, file, tooLarge, save }
}

const browser = await openBrowserOnEmbedded(t)

t.test('a person chooses a picture, sees how it will look, saves and removes it', { skip: !browser }, async t => {
  if (!browser) return
  const heard = complaints(browser)
  const { app, page, file, tooLarge, save } = await signedIn(t, browser)
  const { look } = spectator(app)
  t.same(await look(page), [], 'without a picture')
  await page.getByLabel('Picture', { exact: true }).setInputFiles(file)
  const preview = page.getByRole('img', { name: 'How the picture will look' })
  await preview.waitFor()
  t.same(
    await preview.evaluate(canvas => {
      const context = (canvas as unknown as { getContext(kind: '2d'): Canvas }).getContext('2d')
      const { data } = context.getImageData(80, 0, 1, 160)
      return [data[20 * 4], data[140 * 4 + 2]]
    }),
    [254, 254],
    'upright, as the service stores it: red above blue',
  )
  t.same(await look(page), [], 'with a preview')
  await page.getByLabel('Picture', { exact: true }).setInputFiles(tooLarge)
  t.match(
    await page.getByLabel('Picture', { exact: true }).evaluate(input => (input as unknown as Input).validationMessage),
    'This file is too large',
    'said before it is sent',
  )
  t.notOk(await preview.isVisible())
  await save()
  t.same(await look(page), [], 'with a picture')
  await page.getByRole('button', { name: 'Remove picture' }).click()
  await page.getByText('Your picture is removed.').waitFor()
  t.same(heard, [], 'the browser complains of nothing')
})

interface Input {
  validationMessage: string
}

interface Canvas {
  getImageData(x: number, y: number, width: number, height: number): { data: number[] }
}

t.test(
  'without scripts it is saved, too, and the form comes back with one that is too large',
  { skip: REAL && 'what a browser makes of it' },
  async t => {
    const plain = await openBrowser(t, { javaScriptEnabled: false })
    if (!plain) return
    const { page, tooLarge, save } = await signedIn(t, plain)
    await page.getByLabel('Picture', { exact: true }).setInputFiles(tooLarge)
    await page.getByRole('button', { name: 'Save picture' }).click()
    await page.getByRole('alert').getByRole('link', { name: 'This file is too large' }).waitFor()
    await save()
    t.equal(await page.getByRole('button', { name: 'Remove picture' }).count(), 1)
  },
)
