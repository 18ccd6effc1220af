// Where a person wanted to go, kept on the way through sign-up and forgotten passwords, and through the mails on it.
import t from 'tap'
import { build, newEmail, PASSWORD, verifiedUser } from '../support/app.ts'
import { mailsTo } from '../support/mails.ts'
import { fieldOf, open, submit } from '../support/pages.ts'

const TARGET = `?redirect_to=${encodeURIComponent('/account/devices')}`
const EVIL = `?redirect_to=${encodeURIComponent('https://evil.example/')}`
const app = await build(t)

const FORMS = [
  ['/signup', { password: PASSWORD }],
  ['/signup/resend', {}],
  ['/forgot', {}],
] as const

for (const [path, form] of FORMS) {
  t.test(`${path} keeps redirect_to from the sign-in page and back to it`, async t => {
    t.match((await open(app, path + TARGET)).body, `action="${path}${TARGET}"`)
    if (path !== '/signup/resend') t.match((await open(app, `/signin${TARGET}`)).body, `href="${path}${TARGET}"`)
    const sent = await submit(app, path + TARGET, { ...form, email: newEmail() })
    t.equal(sent.statusCode, path === '/forgot' ? 200 : 303)
    const page = path === '/forgot' ? sent : await open(app, String(sent.headers.location))
    t.match(page.body, `href="/signin${TARGET}"`)
    const failed = await submit(app, path + TARGET, { ...form, email: 'no address' })
    t.match(failed.body, `action="${path}${TARGET}"`)
  })

  t.test(`threat: ${path} carries a target that is not allowed`, async t => {
    const sent = await submit(app, path + EVIL, { ...form, email: newEmail() })
    t.notMatch(sent.headers.location, 'evil')
    for (const page of [await open(app, path + EVIL), await submit(app, path + EVIL, { email: 'no address' })])
      t.notMatch(page.body, /(action|href)="\/(signin|signup|forgot)[^"]*evil/)
  })
}

/** The path of the link in the newest mail. */
async function mailedLink(email: string): Promise<string> {
  const [mail] = await mailsTo(app, email)
  const [link = ''] = /http\S+token=\S+/.exec(mail?.text ?? '') ?? []
  const { pathname, search } = new URL(link)
  return pathname + search
}

/** Opens a mailed link, sends its form, and follows the button of the page after it to sign in. @returns where that leads */
async function through(link: string, form: Record<string, string>, { email, password }: Record<string, string>) {
  const page = await open(app, link)
  const done = await submit(app, actionOf(page), { token: fieldOf(page, 'token') ?? '', ...form })
  const [, signin = ''] = /class="button" href="([^"]+)"/.exec(done.body) ?? []
  const { headers } = await submit(app, signin, { email: email ?? '', password: password ?? '' })
  return headers.location
}

const actionOf = ({ body }: { body: string }) => /action="([^"]+)"/.exec(body)?.[1] ?? ''

t.test('the link that verifies an address leads on to where the person wanted to go', async t => {
  const user = { email: newEmail(), password: PASSWORD }
  await submit(app, `/signup${TARGET}`, user)
  t.equal(await through(await mailedLink(user.email), { password: PASSWORD }, user), '/account/devices')
})

t.test('so does one that was sent again', async t => {
  const user = { email: newEmail(), password: PASSWORD }
  await submit(app, '/signup', user)
  await app.mailer.idle()
  await submit(app, `/signup/resend${TARGET}`, { email: user.email })
  t.equal(await through(await mailedLink(user.email), {}, user), '/account/devices')
})

t.test('the link for a new password leads on to it, too', async t => {
  const { email } = await verifiedUser(app)
  const user = { email, password: 'Bespin1980' }
  await app.mailer.idle()
  await submit(app, `/forgot${TARGET}`, { email })
  t.equal(await through(await mailedLink(email), { new_password: user.password }, user), '/account/devices')
})

t.test('and so does its code', async t => {
  const { email } = await verifiedUser(app)
  await app.mailer.idle()
  const sent = await submit(app, `/forgot${TARGET}`, { email })
  const [mail] = await mailsTo(app, email)
  const code = /: (\d{6})\n/.exec(mail?.text ?? '')?.[1] ?? ''
  const page = await submit(app, actionOf(sent), { email, code })
  t.equal(actionOf(page), `/users/v1/password_reset${TARGET}`)
})

t.test('a link that no longer works, and a form that comes back, keep it as well', async t => {
  for (const path of ['/users/v1/email_verification', '/users/v1/password_reset']) {
    const dead = await open(app, `${path}${TARGET}&token=x`)
    t.equal(dead.statusCode, 401)
    t.match(dead.body, new RegExp(`href="/(signup/resend|forgot)\\${TARGET}"`))
  }
  const { email } = await verifiedUser(app)
  await app.mailer.idle()
  await submit(app, `/forgot${TARGET}`, { email })
  const page = await open(app, await mailedLink(email))
  const token = fieldOf(page, 'token') ?? ''
  const failed = await submit(app, actionOf(page), { token, new_password: 'short' })
  t.equal(actionOf(failed), actionOf(page))
})

t.test('threat: a mailed link carries, or is given, a target that is not allowed', async t => {
  const user = { email: newEmail(), password: PASSWORD }
  await submit(app, `/signup${EVIL}`, user)
  const link = await mailedLink(user.email)
  t.notMatch(link, 'redirect_to')
  const changed = `${link}&${EVIL.slice(1)}`
  t.notMatch((await open(app, changed)).body, /(action|href)="[^"]*evil/)
  t.equal(await through(changed, {}, user), '/')
})

t.test('with HIDE_ACCOUNTS the mail to whoever has an account leads on as well', async t => {
  const app = await build(t, { HIDE_ACCOUNTS: 'true' })
  const { email } = await verifiedUser(app)
  await submit(app, `/signup${TARGET}`, { email, password: PASSWORD })
  const [mail] = await mailsTo(app, email)
  t.match(mail?.text, `/signin${TARGET}\n`)
})
