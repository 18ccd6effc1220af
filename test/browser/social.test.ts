import type { BrowserContext } from 'playwright-core'
import t, { type Test } from 'tap'
import { verifiedUser } from '../support/app.ts'
import { faultsOn } from '../support/browser/accessibility.ts'
import { complaints, openBrowser } from '../support/browser/chromium.ts'
import { send } from '../support/browser/forms.ts'
import { serve } from '../support/browser/serve.ts'
import { otpOf, steppingClock } from '../support/mfa.ts'
import { OFFLINE_PROVIDER } from '../support/providers/offline.ts'
import { LUKE, type OpenidServer, startOpenid } from '../support/providers/openid.ts'
import { settingsOf } from '../support/social.ts'

const browser = await openBrowser(t)
if (browser) asAPerson(browser)

/** A service with one provider, whose page asks who one is. */
async function setUp(t: Test) {
  let corp: OpenidServer | undefined
  const { app, url } = await serve(t, async url => {
    corp = await startOpenid(t, { redirectUris: [`${url}/social/v1/corp/callback`] })
    corp.person = undefined
    return settingsOf({ corp })
  })
  if (!corp) throw new Error('no provider')
  return { app, url, corp }
}

/** Not by a script of the page, which may connect to nothing. */
const me = async (browser: BrowserContext, url: string) =>
  (await browser.request.get(`${url}/users/v1/me`)).json() as Promise<{ id?: number; email?: string }>

function asAPerson(browser: BrowserContext): void {
  t.test('in a browser, a person logs in at a provider and is back where the login began', async t => {
    const { url } = await setUp(t)
    const heard = complaints(browser)
    const page = await browser.newPage()
    await page.goto(`${url}/social/v1/corp/authorize?redirect_to=${encodeURIComponent(`${url}/ui`)}`)
    await page.getByRole('button', { name: 'Luke Skywalker' }).click()
    await page.waitForURL(`${url}/ui**`)
    t.match(await me(browser, url), { email: 'luke@alderaan.example' })
    t.same(heard, [])
    await page.close()
  })

  t.test('in a browser, a person finds the provider on the sign-in page, and comes back signed in', async t => {
    const { url } = await setUp(t)
    await browser.clearCookies()
    const page = await browser.newPage()
    await page.goto(`${url}/signin?redirect_to=/ui`)
    await page.getByRole('link', { name: 'Continue with corp' }).click()
    await page.getByRole('button', { name: 'Luke Skywalker' }).click()
    await page.waitForURL(`${url}/ui**`)
    t.match(await me(browser, url), { email: 'luke@alderaan.example' })
    await page.close()
  })

  t.test(
    'in a browser, a person who unticks "keep me signed in" is signed in by the provider until it closes',
    async t => {
      const { url, corp } = await setUp(t)
      corp.person = LUKE
      const page = await browser.newPage()
      t.teardown(() => page.close())
      for (const keep of [true, false]) {
        await browser.clearCookies()
        await page.goto(`${url}/signin?redirect_to=/signout`)
        await page.getByLabel('Keep me signed in').setChecked(keep)
        await page.getByRole('link', { name: 'Continue with corp' }).click()
        await page.waitForURL(`${url}/signout`)
        const cookie = (await browser.cookies(url)).find(({ name }) => name === 'holocron')
        t.equal(cookie?.expires !== -1, keep)
      }
    },
  )

  t.test('the providers on the pages can be read by everybody, however long their names are', async t => {
    const corp = { issuer: 'http://127.0.0.1:9', client_id: 'client', client_secret: 'secret', name: 'x'.repeat(80) }
    const { url } = await serve(t, { ...OFFLINE_PROVIDER, OIDC_PROVIDERS: JSON.stringify({ corp }) })
    await browser.clearCookies()
    const page = await browser.newPage()
    for (const path of ['/signin', '/signup', '/social/v1/corp/authorize']) {
      await page.goto(url + path)
      t.same(await faultsOn(page), [], path)
    }
    await page.close()
  })

  t.test('in a browser, a person links a second provider, and logs in by it with the second factor', async t => {
    steppingClock(t)
    const servers: Record<string, OpenidServer> = {}
    const { url } = await serve(t, async url => {
      for (const provider of ['corp', 'guild'])
        servers[provider] = await startOpenid(t, { redirectUris: [`${url}/social/v1/${provider}/callback`] })
      return settingsOf(servers)
    })
    const send = async (path: string, data: object = {}) => {
      const response = await browser.request.post(url + path, {
        data,
        headers: { origin: url, accept: 'application/json' },
      })
      return response.json() as Promise<Record<string, string>>
    }
    await browser.clearCookies()
    const page = await browser.newPage()
    /** To the provider and back. */
    const visit = async (authorizeUrl: string | undefined) => {
      await page.goto(authorizeUrl ?? 'about:blank')
      await page.waitForURL(`${url}/signout`)
    }
    await visit(`${url}/social/v1/corp/authorize?redirect_to=/signout`)
    const { id } = await me(browser, url)

    await visit((await send('/social/v1/corp/reauthenticate/authorize', { redirect_to: '/signout' })).authorize_url)
    const { secret = '' } = await send('/users/v1/mfa/totp')
    await send('/users/v1/mfa/totp/verify', { otp: otpOf(secret, -1) })
    await visit((await send('/social/v1/guild/link', { redirect_to: '/signout' })).authorize_url)

    await browser.clearCookies()
    await page.goto(`${url}/social/v1/guild/authorize?redirect_to=/signout`)
    t.equal((await me(browser, url)).id, undefined, 'one factor opens nothing')
    await page.getByLabel('Code from your app').fill(otpOf(secret))
    await page.getByRole('button', { name: 'Sign in' }).first().click()
    await page.waitForURL(`${url}/signout`)
    t.equal((await me(browser, url)).id, id)
    t.ok(id)
    await page.close()
  })

  t.test(
    'in a browser, a person links a provider in the account, authenticates again by it, and unlinks it',
    async t => {
      const { app, url } = await setUp(t)
      const heard = complaints(browser)
      await browser.clearCookies()
      const page = await browser.newPage()
      t.teardown(() => page.close())
      const arrive = (name: string) => page.getByRole('heading', { level: 1, name }).waitFor()
      const press = (name: string) => page.getByRole('button', { name, exact: true }).click()
      const user = await verifiedUser(app)

      await page.goto(`${url}/account/logins`)
      await send(page, user)
      await arrive('Ways to sign in')
      await press('Link corp')
      await arrive('Confirm that it is you')
      await send(page, { password: user.password })
      await arrive('Ways to sign in')
      await press('Link corp')
      await press('Luke Skywalker')
      await page.getByRole('status').filter({ hasText: 'The provider opens your account now' }).waitFor()
      t.same(await faultsOn(page), [], 'with a linked provider')

      await page.goto(`${url}/account/reauthenticate?redirect_to=/account/logins`)
      t.same(await faultsOn(page), [], 'the page with the provider')
      await press('Continue with corp')
      await press('Luke Skywalker')
      await arrive('Ways to sign in')

      await page.locator('a[href$="/remove"]').last().click()
      await arrive('Remove corp?')
      t.same(await faultsOn(page), [], 'the question')
      await press('Remove')
      await page.getByRole('status').filter({ hasText: 'The provider no longer opens your account' }).waitFor()
      t.same(heard, [], 'the pages complain of nothing')
    },
  )

  t.test(
    'in a browser, a person who cancels at the provider reads so, and signs in another way, to where they were going',
    async t => {
      const { url } = await setUp(t)
      await browser.clearCookies()
      const page = await browser.newPage()
      await page.goto(`${url}/social/v1/corp/authorize?redirect_to=/ui`)
      await page.getByRole('button', { name: 'Cancel' }).click()
      await page.waitForURL(`${url}/social/v1/corp/callback**`)
      t.match(await page.getByRole('alert').innerText(), /^You cancelled/)
      t.notMatch(await page.locator('body').innerText(), /access_denied/)
      await page.getByRole('link', { name: 'Back to sign-in' }).click()
      await page.waitForURL(`${url}/signin?redirect_to=%2Fui`)
      t.equal((await me(browser, url)).email, undefined)
      await page.close()
    },
  )

  t.test('threat: in a browser, the page "back" replays the callback', async t => {
    const { url, corp } = await setUp(t)
    await browser.clearCookies()
    corp.person = LUKE
    const page = await browser.newPage()
    const callback = page.waitForRequest(request => request.url().includes('/social/v1/corp/callback'))
    await page.goto(`${url}/social/v1/corp/authorize`)
    const replayed = (await callback).url()
    t.match(await me(browser, url), { email: 'luke@alderaan.example' })
    const response = await page.goto(replayed)
    t.equal(response?.status(), 400)
    t.match(await me(browser, url), { email: 'luke@alderaan.example' }, 'and the login stays')
    await page.close()
  })
}
