import type { BrowserContext, Page } from 'playwright-core'
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
  t.test('Swagger UI is toured in ten clicks, and nothing is typed or pasted', async t => {
    await verifiedUser(app, 'leia@alderaan.example')
    const heard = complaints(browser)
    const page = await browser.newPage()
    const clicks = await countClicks(page)
    await page.goto(`${url}/ui`)
    const ui = swaggerUi(page)

    t.equal((await ui.execute('login')).status, 200, 'with the values of the example')
    t.equal((await ui.execute('listFilms')).status, 200, 'with the token of the login')
    t.equal((await ui.execute('generateTokens')).status, 200, 'with its refresh token')
    t.equal((await ui.execute('listFilms')).status, 200, 'with the token of the rotation')
    t.equal((await ui.execute('logout')).status, 200)
    t.match(await ui.execute('listFilms'), { status: 401, body: { message: 'token-invalid' } })
    t.ok(clicks.count <= 10, `${clicks.count} clicks`)

    await page.reload()
    t.match(await ui.execute('getMe'), { body: { message: 'token-invalid' } }, 'the authorization outlives a reload')
    t.same(heard, [])
    await page.close()
  })

  t.test(
    'it begins with the first steps, finds operations by their path, asks for tokens, and fits a phone',
    async t => {
      const page = await browser.newPage()
      await page.setViewportSize({ width: 360, height: 740 })
      await page.goto(`${url}/ui`)
      const paths = page.locator('.opblock-summary-path')
      await paths.first().waitFor()
      const steps = [
        '/users/v1/signup',
        '/users/v1/login',
        '/films/v1/',
        '/users/v1/generate_tokens',
        '/users/v1/logout',
      ]
      t.same((await paths.allInnerTexts()).slice(0, steps.length).map(withoutBreaks), steps)

      await page.getByPlaceholder('Filter by tag').fill('health/live')
      await paths.nth(1).waitFor({ state: 'detached' })
      t.match(await swaggerUi(page).execute('live'), { status: 200 })
      t.equal(await page.evaluate('document.documentElement.scrollWidth'), 360, 'nothing has to be scrolled sideways')

      await page.getByRole('button', { name: 'Authorize', exact: true }).click()
      const schemes = await page.locator('.auth-container h4').allInnerTexts()
      t.match(schemes, [/^login \(OAuth2, password\)/, /^accessToken/, /^refreshToken/])
      t.equal(schemes.length, 3, 'there is no cookie to paste')
      await page.close()
    },
  )

  t.test('it works by every name that the service is opened by, and by none does the browser complain', async t => {
    const heard = complaints(browser)
    const address = new URL(`${url}/ui`)
    for (const hostname of ['localhost', '127.0.0.1']) {
      const page = await browser.newPage()
      address.hostname = hostname
      await page.goto(address.href)
      t.match(await swaggerUi(page).execute('live'), { status: 200, body: { status: 'ok' } }, hostname)
      await page.close()
    }
    t.same(heard, [])
  })
}

/** A break is allowed after each slash. */
const withoutBreaks = (path: string) => path.replace(/\u200b/g, '')

async function countClicks(page: Page): Promise<{ count: number }> {
  const clicks = { count: 0 }
  await page.exposeFunction('clicked', () => void clicks.count++)
  await page.addInitScript("addEventListener('click', ({ isTrusted }) => isTrusted && clicked(), true)")
  return clicks
}
