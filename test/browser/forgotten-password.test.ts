// From the sign-in page to a new password: by the mailed link, and by the mailed code.
import type { BrowserContext, Page } from 'playwright-core'
import t from 'tap'
import { logIn, verifiedUser } from '../support/app.ts'
import { complaints, openBrowserOnEmbedded } from '../support/browser/chromium.ts'
import { send } from '../support/browser/forms.ts'
import { reloadUntil, serve } from '../support/browser/serve.ts'
import { outcome, readFilms } from '../support/session.ts'

const NEW = 'Bespin1980'

const browser = await openBrowserOnEmbedded(t)
if (browser) asAPerson(browser)

function asAPerson(browser: BrowserContext): void {
  t.test('in a browser, a person who forgot the password chooses a new one by the mailed link', async t => {
    const { app, url } = await serve(t)
    const heard = complaints(browser)
    const user = await verifiedUser(app)
    const { token } = await logIn(app, user)
    const page = await browser.newPage()
    t.teardown(() => page.close())
    await askForMail(page, url, user.email)

    await page.goto(`${url}/dev/mailbox`)
    const link = mailWith(page, user.email).getByRole('link', { name: /password_reset|new password/ })
    await reloadUntil(page, () => link.first().isVisible())
    await link.first().click()
    for (const [password, problem] of [
      ['short', 'Choose a password of 8 to'],
      ['Password1', 'This password is too common'],
    ] as const) {
      await send(page, { new_password: password })
      await page.getByRole('alert').filter({ hasText: problem }).waitFor()
    }
    await send(page, { new_password: NEW })
    await page.getByRole('heading', { name: 'Your password was changed' }).waitFor()
    t.equal(outcome(await readFilms(app, token)), '401 token-invalid', 'the session is over')
    await page.getByRole('link', { name: 'Sign in' }).click()
    await signIn(page, user)
    await page.getByRole('alert').waitFor()
    await signIn(page, { ...user, password: NEW })
    await page.getByRole('heading', { name: 'You are signed in' }).waitFor()

    await page.goto(`${url}/dev/mailbox`)
    const notice = mailWith(page, user.email).filter({ hasText: 'Your password was changed' })
    await reloadUntil(page, () => notice.isVisible())
    await link.first().click()
    await page.getByRole('heading', { name: 'This link no longer works' }).waitFor()
    t.notOk(await page.locator('[name=new_password]').isVisible(), 'a dead link asks for no password')
    t.same(heard, [], 'the pages complain of nothing')
  })

  t.test('in a browser, a person who forgot the password chooses a new one by the mailed code', async t => {
    const { app, url } = await serve(t)
    const heard = complaints(browser)
    await browser.clearCookies()
    const { email } = await verifiedUser(app)
    const page = await browser.newPage()
    t.teardown(() => page.close())
    await askForMail(page, url, email)

    const mailbox = await browser.newPage()
    await mailbox.goto(`${url}/dev/mailbox`)
    const mail = mailWith(mailbox, email).filter({ hasText: 'Choose a new password' })
    await reloadUntil(mailbox, () => mail.first().isVisible())
    const code = /: (\d{6})\b/.exec((await mail.first().textContent()) ?? '')?.[1] ?? ''
    await mailbox.close()

    await send(page, { email, code: code === '000000' ? '000001' : '000000' })
    await page.getByRole('alert').filter({ hasText: 'This code is wrong' }).waitFor()
    await send(page, { email, code })
    await send(page, { new_password: NEW })
    await page.getByRole('heading', { name: 'Your password was changed' }).waitFor()
    await page.goto(`${url}/forgot/sent`)
    await send(page, { email, code })
    await page.getByRole('alert').filter({ hasText: 'This code is wrong' }).waitFor()
    await page.goto(`${url}/signin`)
    await signIn(page, { email, password: NEW })
    await page.getByRole('heading', { name: 'You are signed in' }).waitFor()
    t.same(heard, [], 'the pages complain of nothing')
  })
}

async function askForMail(page: Page, url: string, email: string): Promise<void> {
  await page.goto(`${url}/signin`)
  await page.getByRole('link', { name: 'Forgot your password?' }).click()
  await send(page, { email })
  await page.getByRole('heading', { name: 'Check your inbox' }).waitFor()
}

const signIn = (page: Page, { email, password }: { email: string; password: string }) => send(page, { email, password })

/** The mails to this address, as the development mailbox shows them. */
function mailWith(mailbox: Page, email: string) {
  return mailbox.locator('article', { hasText: email })
}
