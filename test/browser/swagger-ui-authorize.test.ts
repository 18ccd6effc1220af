import type { BrowserContext } from 'playwright-core'
import t from 'tap'
import { verifiedUser } from '../support/app.ts'
import { complaints, openBrowserOnEmbedded } from '../support/browser/chromium.ts'
import { serve } from '../support/browser/serve.ts'
import { swaggerUi } from '../support/browser/swagger-ui.ts'

t.setTimeout(400_000)

const browser = await openBrowserOnEmbedded(t)
// On a busy machine Swagger UI takes long to show a hundred operations.
browser?.setDefaultTimeout(60_000)
if (browser) await asAPerson(browser)

async function asAPerson(browser: BrowserContext): Promise<void> {
  const { app, url } = await serve(t)
  t.test('Authorize takes e-mail and password, and the latest tokens count, wherever they come from', async t => {
    const { email, password } = await verifiedUser(app)
    const heard = complaints(browser)
    const page = await browser.newPage()
    await page.goto(`${url.replace('localhost', '127.0.0.1')}/ui`)
    const ui = swaggerUi(page)

    t.match(await ui.authorize(email, `${password}x`), 'invalid_grant')
    t.equal(await ui.authorize(email, password), undefined)
    t.equal((await ui.execute('listFilms')).status, 200, 'with the access token')
    t.equal((await ui.execute('generateTokens')).status, 200, 'with the refresh token')
    t.equal((await ui.execute('listFilms')).status, 200, 'with the token of the rotation')
    t.equal((await ui.execute('logout')).status, 200)
    t.equal((await ui.execute('listFilms')).status, 401)
    t.equal(await ui.authorize(email, password), undefined)
    t.match(await ui.execute('getMe'), { status: 200, body: { email } }, 'instead of what was there')

    const stored = await page.evaluate<string>('JSON.stringify(localStorage)')
    t.match(stored, email, 'the authorization is persisted')
    t.notMatch(stored, password, 'without the password')
    t.same(heard, [])
    await page.close()
  })
}
