// Takes the picture of docs/openid-provider.md, what an application asks for: `node test/support/browser/screenshot-oauth.ts docs/consent.png`
import t from 'tap'
import { PASSWORD, verifiedUser } from '../app.ts'
import { application, CALLBACK, request } from '../oauth.ts'
import { openBrowser } from './chromium.ts'
import { send } from './forms.ts'
import { serve } from './serve.ts'

const [path = 'docs/consent.png'] = process.argv.slice(2)
const scope = 'openid profile email films:read'

const { app } = await serve(t)
const { email } = await verifiedUser(app, 'leia@alderaan.example')
const news = await application(app, { scope, redirect_uris: [CALLBACK], client_uri: 'https://news.example/' })
const browser = await openBrowser(t)
const page = await browser?.newPage()
if (!page) throw new Error('no browser')

await page.setViewportSize({ width: 460, height: 700 })
await page.goto((await request(news, { scope })).url)
await send(page, { email, password: PASSWORD })
await page.getByRole('heading', { name: 'Allow access' }).waitFor()
await page.screenshot({ path })
t.pass(path)
