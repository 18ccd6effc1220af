// Takes the picture of docs/social-login.md, the sign-in page with providers: `node test/support/browser/screenshot-social.ts docs/social-login.png`
import t from 'tap'
import { OFFLINE_PROVIDER } from '../providers/offline.ts'
import { openBrowser } from './chromium.ts'
import { serve } from './serve.ts'

const [path = 'docs/social-login.png'] = process.argv.slice(2)
const corp = { issuer: 'http://127.0.0.1:9', client_id: 'client', client_secret: 'secret', name: 'Alderaan' }

const { url } = await serve(t, { ...OFFLINE_PROVIDER, OIDC_PROVIDERS: JSON.stringify({ corp }) })
const browser = await openBrowser(t)
const page = await browser?.newPage()
if (!page) throw new Error('no browser')

await page.setViewportSize({ width: 460, height: 760 })
await page.goto(`${url}/signin`)
await page.evaluate('document.activeElement.blur()')
await page.screenshot({ path })
t.pass(path)
