// What people see on their way to an application, and what browsers make of it: redirects after forms, forms that submit themselves.
import { createServer } from 'node:http'
import * as openid from 'openid-client'
import type { BrowserContext, Page } from 'playwright-core'
import t, { type Test } from 'tap'
import { PASSWORD, verifiedUser } from '../support/app.ts'
import { faultsOn } from '../support/browser/accessibility.ts'
import { complaints, openBrowserOnEmbedded } from '../support/browser/chromium.ts'
import { servePages } from '../support/browser/example.ts'
import { send } from '../support/browser/forms.ts'
import { serve } from '../support/browser/serve.ts'
import { application, request } from '../support/oauth.ts'

const DEVICE_CODE = 'urn:ietf:params:oauth:grant-type:device_code'

const browser = await openBrowserOnEmbedded(t)
if (browser) asAPerson(browser)

function asAPerson(browser: BrowserContext): void {
  t.test('a person signs in, is asked, allows an application what it asks for, and signs out of it', async t => {
    const { app } = await serve(t)
    // It shows what it was sent.
    const callback = await servePages(
      t,
      createServer(async (request, response) => {
        let body = ''
        for await (const chunk of request) body += chunk
        response.writeHead(200, { 'content-type': 'text/plain' }).end(`${request.method} ${request.url} ${body}`)
      }),
    )
    const news = await application(app, {
      client_name: 'Holonet News',
      redirect_uris: [`${callback}/in`],
      post_logout_redirect_uris: [`${callback}/out`],
      grant_types: ['authorization_code', 'refresh_token', DEVICE_CODE],
      scope: 'openid profile email offline_access films:read',
      client_uri: 'https://news.example/',
    })
    const { email } = await verifiedUser(app)
    const heard = complaints(browser)
    const page = await browser.newPage()
    t.teardown(() => page.close())
    const ask = async (parameters: Record<string, string>) => {
      const { url } = await request(news, { redirect_uri: `${callback}/in`, ...parameters })
      await page.goto(url)
    }
    const button = (name: string) => page.getByRole('button', { name })
    const arrives = (text: RegExp) => page.getByText(text).waitFor()

    await ask({ scope: 'openid profile films:read' })
    await send(page, { email, password: PASSWORD })
    await page.getByRole('heading', { name: 'Allow access' }).waitFor()
    t.match(await page.getByRole('list').first().innerText(), /know who you are[\s\S]*read the films/)
    t.same(await faultsOn(page), [])
    await button('Allow').first().click()
    await arrives(/^GET \/in\?code=/)

    await ask({ prompt: 'consent' })
    await button('Do not allow').click()
    await arrives(/error=access_denied/)

    await ask({ prompt: 'select_account' })
    await button(`Continue as ${email}`).waitFor()
    t.same(await faultsOn(page), [])
    await button(`Continue as ${email}`).click()
    await arrives(/^GET \/in\?code=|Allow access/)

    await ask({ acr_values: 'aal2' })
    await page.getByRole('heading', { name: 'A second factor is required' }).waitFor()
    t.same(await faultsOn(page), [])
    await button('Go back without it').click()
    await arrives(/error=unmet_authentication_requirements/)

    await ask({ response_mode: 'form_post', scope: 'openid profile' })
    await arrives(/^POST \/in .*code=/)

    await ask({ redirect_uri: 'https://evil.example/' })
    await page.getByRole('heading', { name: 'This request cannot be served' }).waitFor()
    t.same(await faultsOn(page), [])

    await connectDevice(t, page, news.configuration)

    const out = { post_logout_redirect_uri: `${callback}/out`, client_id: news.id }
    await page.goto(`${app.config.PUBLIC_URL}/oauth2/logout?${new URLSearchParams(out)}`)
    await page.getByRole('heading', { name: 'Sign out' }).waitFor()
    t.same(await faultsOn(page), [])
    await button('Sign out').click()
    await arrives(/^GET \/out/)
    t.same(heard, [], 'the pages complain of nothing')
  })
}

async function connectDevice(t: Test, page: Page, configuration: openid.Configuration): Promise<void> {
  const device = await openid.initiateDeviceAuthorization(configuration, { scope: 'openid films:read' })
  await page.goto(device.verification_uri)
  t.same(await faultsOn(page), [])
  await send(page, { user_code: 'XXXX-XXXX' })
  await page.getByText('This code is not valid').waitFor()
  t.same(await faultsOn(page), [])
  await page.goto(device.verification_uri_complete ?? '')
  await page.getByRole('heading', { name: 'Is this your device?' }).waitFor()
  t.match(await page.locator('code').innerText(), device.user_code)
  t.same(await faultsOn(page), [])
  await page.getByRole('button', { name: 'Continue' }).click()
  await page.getByRole('heading', { name: 'The device is connected' }).waitFor()
  t.same(await faultsOn(page), [])
  t.match(await openid.pollDeviceAuthorizationGrant(configuration, device), { token_type: 'bearer' })
}
