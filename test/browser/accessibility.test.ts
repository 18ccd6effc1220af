// Can everybody read the hosted pages? Those with errors and with the longest names: pages.test.ts
import type { BrowserContext } from 'playwright-core'
import t from 'tap'
import { mailedToken, newEmail, PASSWORD, verifiedUser } from '../support/app.ts'
import { spectator } from '../support/browser/accessibility.ts'
import { complaints, openBrowserOnEmbedded } from '../support/browser/chromium.ts'
import { send } from '../support/browser/forms.ts'
import { serve } from '../support/browser/serve.ts'
import { enrolled, otpOf, steppingClock } from '../support/mfa.ts'
import { PAGES } from '../support/pages.ts'
import { LUKE, type OpenidServer, startOpenid } from '../support/providers/openid.ts'
import { linkedTo, settingsOf } from '../support/social.ts'

const browser = await openBrowserOnEmbedded(t)
if (browser) await asAPerson(browser)

async function asAPerson(browser: BrowserContext): Promise<void> {
  let corp: OpenidServer | undefined
  const { app, url } = await serve(t, async url => {
    corp = await startOpenid(t, { redirectUris: [`${url}/social/v1/corp/callback`] })
    return settingsOf({ corp })
  })
  if (!corp) throw new Error('no provider')
  const provider = corp
  const { look, unseen } = spectator(app)
  const heard = complaints(browser)
  const page = await browser.newPage()
  const arrive = (name: string) => page.getByRole('heading', { level: 1, name }).waitFor()
  t.beforeEach(() => browser.clearCookies())

  t.test('every page can be read by everybody, on phones and wide screens, light and dark', async t => {
    for (const path of [...PAGES, '/no-such-page', '/social/v1/corp/callback']) {
      await page.goto(url + path)
      t.same(await look(page), [], path)
    }
  })

  t.test('so can those from signing up to signing in', async t => {
    const user = { email: newEmail(), password: PASSWORD }
    await page.goto(`${url}/signup`)
    await send(page, user)
    await arrive('Check your inbox')
    const link = `${url}/users/v1/email_verification?token=${await mailedToken(app, user.email)}`
    await page.goto(link)
    t.same(await look(page), [], 'the form behind the link')
    await send(page, { password: user.password })
    await arrive('Your address is confirmed')
    t.same(await look(page), [], 'its end')
    for (const again of [link, `${url}/users/v1/email_verification?token=x`]) {
      await page.goto(again)
      t.same(await look(page), [], 'the link once more, and one that no longer works')
    }
    await page.goto(`${url}/signin`)
    await send(page, user)
    await arrive('You are signed in')
    t.same(await look(page), [], 'signed in')
    await page.goto(`${url}/signin/advice`)
    t.same(await look(page), [], 'the advice')
  })

  t.test('so can those for a new password', async t => {
    const { email } = await verifiedUser(app)
    await page.goto(`${url}/forgot`)
    await send(page, { email })
    await page.goto(`${url}/users/v1/password_reset?token=${await mailedToken(app, email)}`)
    t.same(await look(page), [], 'the form')
    await send(page, { new_password: 'short' })
    t.same(await look(page), [], 'the form with an error')
    await send(page, { new_password: 'Bespin1980' })
    t.same(await look(page), [], 'its end')
    await page.goto(`${url}/users/v1/password_reset?token=x`)
    t.same(await look(page), [], 'a link that no longer works')
  })

  t.test('so can those for an address, if the provider names none', async t => {
    provider.people.set('han', { name: 'Han Solo' })
    provider.person = 'han'
    const { email } = await verifiedUser(app)
    await page.goto(`${url}/social/v1/corp/authorize`)
    t.same(await look(page), [], 'the form')
    await send(page, { email })
    await page.getByRole('alert').waitFor()
    t.same(await look(page), [], 'the form with an error')
    await send(page, { email: newEmail() })
    t.same(await look(page), [], 'its end')
    await page.goto(`${url}/social/v1/email?signup_token=x`)
    await send(page, { email: newEmail() })
    t.same(await look(page), [], 'a form that no longer works')
  })

  t.test('so can those from a provider to the second factor', async t => {
    steppingClock(t)
    const { user, secret } = await enrolled(app)
    await linkedTo(app, provider, user.email, LUKE)
    provider.person = LUKE
    await page.goto(`${url}/social/v1/corp/authorize?redirect_to=/account/reauthenticate`)
    t.same(await look(page), [], 'to sign in')
    await send(page, { otp: otpOf(secret) })
    await arrive('Confirm that it is you')

    // The page leads on by itself, unless that leads nowhere.
    const away = `${provider.issuer}/**`
    await page.route(away, route => route.fulfill({ status: 204 }))
    await page.getByRole('button', { name: 'Continue with corp' }).click()
    const onward = page.getByRole('main').getByRole('link', { name: 'corp' })
    await onward.waitFor()
    t.same(await look(page), [], 'on the way to the provider')
    await page.unroute(away)
    await onward.click()

    await page.waitForURL(`${url}/account/reauthenticate?**provider=corp**`)
    t.same(await look(page), [], 'to confirm who one is')
    await page.getByRole('main').getByRole('link', { name: 'recovery code' }).click()
    await page.locator('[name=recovery_code]').waitFor()
    t.same(await look(page), [], 'to do so by a recovery code')
  })

  t.test('no page was left out, and none complained', async t => {
    t.same([...unseen], [])
    t.same(heard, [])
  })
}
