import jsQR from 'jsqr'
import type { BrowserContext, Page } from 'playwright-core'
import { PNG } from 'pngjs'
import t from 'tap'
import { mailedToken, newEmail, PASSWORD } from '../support/app.ts'
import { complaints, openBrowser } from '../support/browser/chromium.ts'
import { serve } from '../support/browser/serve.ts'
import { swaggerUi } from '../support/browser/swagger-ui.ts'
import { otpOf, steppingClock } from '../support/mfa.ts'

t.setTimeout(200_000)

const browser = await openBrowser(t)
if (browser) asAPerson(browser)

/** What a telephone's camera reads from the screen. */
async function seen(page: Page): Promise<string | undefined> {
  const picture = await swaggerUi(page).operation('getTotpQrCode').locator('.live-responses-table img').screenshot()
  const { data, width, height } = PNG.sync.read(picture)
  return jsQR.default(new Uint8ClampedArray(data), width, height)?.data
}

function asAPerson(browser: BrowserContext): void {
  t.test(
    'in a browser, a person reads the QR code from the screen, logs out, and comes back with what the telephone shows',
    async t => {
      const clock = steppingClock(t)
      const { app, url } = await serve(t)
      const heard = complaints(browser)
      const credentials = { email: newEmail(), password: PASSWORD }
      const page = await browser.newPage()
      await page.goto(`${url}/ui`)
      const ui = swaggerUi(page)
      await ui.execute('signup', credentials)
      await ui.execute('verifyEmail', { token: await mailedToken(app, credentials.email) })
      await ui.execute('login', credentials)
      const again = await ui.execute('reauthenticate', { password: PASSWORD })
      t.equal(again.status, 200, 'the QR code is not for whoever has the token')

      t.equal((await ui.execute('startTotp', { password: PASSWORD })).status, 200)
      await ui.look('getTotpQrCode')
      const address = new URL((await seen(page)) ?? '')
      t.match(decodeURIComponent(address.href), `otpauth://totp/Holocron:${credentials.email}`)
      const secret = address.searchParams.get('secret') ?? ''
      const proof = await ui.execute('enableTotp', { otp: otpOf(secret) })
      t.equal(proof.status, 200)
      const [code] = proof.body.recovery_codes

      t.equal((await ui.execute('logout')).status, 200)
      t.equal((await ui.execute('getMe')).status, 401)
      clock.forward(t)
      const half = await ui.execute('login', credentials)
      t.match(half, { status: 200, body: { mfa_required: true, methods: ['totp', 'recovery_code'], token: undefined } })
      const whole = await ui.execute('finishLogin', { mfa_token: half.body.mfa_token, otp: otpOf(secret) })
      t.equal(whole.status, 200)
      t.match(await ui.execute('getMe'), { status: 200, body: { mfa_enabled: true } })

      t.equal((await ui.execute('logout')).status, 200)
      const { body } = await ui.execute('login', credentials)
      const recovered = await ui.execute('finishLoginByRecoveryCode', {
        mfa_token: body.mfa_token,
        recovery_code: code.toLowerCase(),
      })
      t.equal(recovered.status, 200, 'and with a recovery code when the telephone is lost')
      t.same(heard, [], 'the pages complain of nothing')
    },
  )
}
