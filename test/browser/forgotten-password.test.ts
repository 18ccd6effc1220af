import type { BrowserContext, Page } from 'playwright-core'
import t from 'tap'
import { PASSWORD, verifiedUser } from '../support/app.ts'
import { complaints, openBrowser } from '../support/browser/chromium.ts'
import { reloadUntil, serve } from '../support/browser/serve.ts'
import { swaggerUi } from '../support/browser/swagger-ui.ts'

const NEW = 'Bespin1980'

const browser = await openBrowser(t)
if (browser) asAPerson(browser)

function asAPerson(browser: BrowserContext): void {
  t.test('in a browser, a person who forgot the password chooses a new one by the mailed link', async t => {
    const { app, url } = await serve(t)
    const heard = complaints(browser)
    const { email } = await verifiedUser(app)

    const page = await browser.newPage()
    await page.goto(`${url}/ui`)
    const ui = swaggerUi(page)
    const login = await ui.execute('login', { email, password: PASSWORD })
    t.equal(login.status, 200)
    t.equal((await ui.execute('getMe')).body.email, email)
    t.match(await ui.execute('forgetPassword', { email }), { status: 200, body: { status: 'ok' } })

    const mailbox = await openMailbox(browser, url)
    const link = mailWith(mailbox, email).getByRole('link', { name: /password_reset|new password/ })
    await reloadUntil(mailbox, () => link.first().isVisible())
    await link.first().click()
    const field = mailbox.getByLabel('New password')
    const send = mailbox.getByRole('button', { name: 'Set my password' })
    for (const [password, problem] of [
      ['short', 'This password is not valid'],
      ['Password1', 'This password is too common'],
    ] as const) {
      await field.fill(password)
      await send.click()
      await mailbox.getByRole('alert').filter({ hasText: problem }).waitFor()
    }
    await field.fill(NEW)
    await send.click()
    await mailbox.getByRole('heading', { name: 'Your password was changed' }).waitFor()

    t.match(await ui.execute('getMe'), { status: 401, body: { message: 'token-invalid' } }, 'the session is over')
    t.match(await ui.execute('login', { email, password: PASSWORD }), { status: 404 })
    t.match(await ui.execute('login', { email, password: NEW }), { status: 200 })

    await mailbox.goto(`${url}/dev/mailbox`)
    const notice = mailWith(mailbox, email).filter({ hasText: 'Your password was changed' })
    await reloadUntil(mailbox, () => notice.isVisible())
    await link.first().click()
    await mailbox.getByRole('heading', { name: 'This link no longer works' }).waitFor()
    t.notOk(await field.isVisible(), 'a dead link asks for no password')
    t.same(heard, [], 'the pages complain of nothing')
  })

  t.test('in a browser, a person who forgot the password chooses a new one by the mailed code', async t => {
    const { app, url } = await serve(t)
    const heard = complaints(browser)
    const { email } = await verifiedUser(app)

    const page = await browser.newPage()
    await page.goto(`${url}/ui`)
    const ui = swaggerUi(page)
    t.match(await ui.execute('forgetPassword', { email }), { status: 200 })

    const mailbox = await openMailbox(browser, url)
    const mail = mailWith(mailbox, email).filter({ hasText: 'Choose a new password' })
    await reloadUntil(mailbox, () => mail.first().isVisible())
    const code = /: (\d{6})\b/.exec((await mail.first().textContent()) ?? '')?.[1] ?? ''

    const wrong = code === '000000' ? '000001' : '000000'
    t.match(await ui.execute('validateCode', { email, code: wrong }), {
      status: 400,
      body: { message: 'code-invalid' },
    })
    const validated = await ui.execute('validateCode', { email, code })
    t.equal(validated.status, 200)
    const reset = { token: validated.body.reset_token, new_password: NEW }
    t.match(await ui.execute('resetPassword', reset), { status: 200, body: { status: 'ok' } })
    t.match(await ui.execute('validateCode', { email, code }), { status: 400, body: { message: 'code-invalid' } })
    t.match(await ui.execute('login', { email, password: NEW }), { status: 200 })
    t.same(heard, [], 'the pages complain of nothing')
  })
}

async function openMailbox(browser: BrowserContext, url: string): Promise<Page> {
  const mailbox = await browser.newPage()
  await mailbox.goto(`${url}/dev/mailbox`)
  return mailbox
}

/** The mails to this address, as the development mailbox shows them. */
function mailWith(mailbox: Page, email: string) {
  return mailbox.locator('article', { hasText: email })
}
