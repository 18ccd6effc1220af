// Cross-origin requests in a real browser: a page of an allowed origin reads, the same page of another one does not.
import type { BrowserContext } from 'playwright-core'
import t from 'tap'
import { corsExampleServer } from '../../examples/cors/serve.ts'
import { call, logIn } from '../support/app.ts'
import { upload } from '../support/avatars.ts'
import { openBrowserOnEmbedded } from '../support/browser/chromium.ts'
import { serveExample, servePages } from '../support/browser/example.ts'
import { picture } from '../support/pictures.ts'

const browser = await openBrowserOnEmbedded(t)
if (browser) asAPerson(browser)

function asAPerson(browser: BrowserContext): void {
  t.test('who am I, from two origins', async t => {
    const { app, url, origin } = await serveExample(t, origin => ({ CORS_ORIGINS: origin }), corsExampleServer)
    const foreign = await servePages(t, corsExampleServer(url))
    const user = await logIn(app)
    await upload(app, user, await picture('png'))

    async function ask(from: string, token = user.token) {
      const page = await browser.newPage()
      t.teardown(() => page.close())
      const blocked: string[] = []
      page.on('console', message => void (/CORS policy/.test(message.text()) && blocked.push(message.text())))
      await page.goto(from)
      await page.getByLabel('Access token').fill(token)
      await page.getByRole('button').click()
      await page.getByRole('status').filter({ hasText: /./ }).waitFor()
      return { page, blocked, text: await page.getByRole('status').textContent() }
    }

    await t.test('the allowed one reads, and shows the picture', async t => {
      const { page, blocked, text } = await ask(origin)
      t.equal(text, `You are ${user.email}.`)
      t.same(blocked, [])
      await page.waitForFunction('document.images[0].naturalWidth === 512')
    })

    await t.test('it reads errors, too', async t => {
      t.equal((await ask(origin, 'x')).text, 'The service refuses: token-invalid')
    })

    await t.test('the other one is refused by the browser, and nothing of the response reaches it', async t => {
      const { page, blocked, text } = await ask(foreign)
      t.equal(text, `The browser does not let ${foreign} read the response.`)
      t.equal(blocked.length, 1)
      t.notOk(await page.locator('img').isVisible(), 'no frame without a picture')
      t.equal((await call(app, 'GET', '/users/v1/me', user)).statusCode, 200, 'for programs the token counts')
    })

    await t.test('a picture may be shown by any page', async t => {
      const { avatar_url } = (await call(app, 'GET', '/users/v1/me', user)).json()
      const { page } = await ask(foreign)
      await page.evaluate(`document.images[0].src = ${JSON.stringify(avatar_url)}`)
      await page.waitForFunction('document.images[0].naturalWidth === 512')
      t.pass('shown')
    })
  })
}
