// Takes the picture of docs/pages.md, the sign-in page light and dark: `node test/support/browser/screenshot-pages.ts docs/pages.png`
import t from 'tap'
import { openBrowser } from './chromium.ts'
import { serve } from './serve.ts'

const [path = 'docs/pages.png'] = process.argv.slice(2)
const SIZE = { width: 380, height: 790 }

const { url } = await serve(t)
const browser = await openBrowser(t)
const page = await browser?.newPage()
if (!page) throw new Error('no browser')

const pictures: string[] = []
for (const [colorScheme, address] of [
  ['light', '/signin'],
  ['dark', '/signin?lang=de'],
  ['light', '/signup?lang=es'],
] as const) {
  await page.setViewportSize(SIZE)
  await page.emulateMedia({ colorScheme })
  await page.goto(url + address)
  await page.evaluate('document.activeElement.blur()')
  pictures.push((await page.screenshot()).toString('base64'))
}

await page.setViewportSize({
  width: SIZE.width * pictures.length + 16 * (pictures.length + 1),
  height: SIZE.height + 32,
})
// The policy of the service's page would hold for this one, too.
await page.goto('about:blank')
await page.setContent(`<body style="display:flex;gap:16px;margin:16px;background:#c9ced8">
${pictures.map(picture => `<img style="border-radius:12px" src="data:image/png;base64,${picture}">`).join('')}`)
await page.screenshot({ path })
t.pass(path)
