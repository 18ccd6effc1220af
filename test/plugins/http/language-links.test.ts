// The links at the foot of a page lead to the same page in another language, also where the page is the answer to a form.
import t from 'tap'
import { build, newEmail, PASSWORD, verifiedUser } from '../../support/app.ts'
import { signedInBrowser } from '../../support/console.ts'
import { lateBodies } from '../../support/late-body.ts'
import { forgotten } from '../../support/mails.ts'
import { enrolled } from '../../support/mfa.ts'
import { FORMS, fieldOf, open, submit } from '../../support/pages.ts'

const app = await build(t)

/** Where the page leads in German; undefined if it leads nowhere. */
const german = ({ body }: { body: string }) => /hreflang="de" href="([^"]+)"/.exec(body)?.[1]?.replaceAll('&amp;', '&')

t.test('a form that comes back leads to its own page in another language', async t => {
  for (const [path, form] of Object.entries(FORMS)) {
    const link = german(await submit(app, path, form))
    t.ok(link, path)
    const page = await open(app, link ?? '')
    t.equal(page.statusCode, 200, path)
    t.match(page.body, '<html lang="de">', path)
  }
})

t.test('its query stays, except for what an earlier form did', async t => {
  const failed = await submit(app, '/forgot?redirect_to=%2Fui&done=mailed&lang=es', { email: 'no address' })
  t.equal(german(failed), '/forgot?redirect_to=%2Fui&lang=de')
})

t.test('threat: a target that is not allowed gets into such a link', async t => {
  const failed = await submit(app, '/forgot?redirect_to=https%3A%2F%2Fevil.example', { email: 'no address' })
  t.equal(german(failed), '/forgot?lang=de')
})

t.test('the form behind a mailed link keeps the link', async t => {
  const { email } = await verifiedUser(app)
  const { token } = await forgotten(app, email)
  const failed = await submit(app, '/users/v1/password_reset', { token, new_password: 'short' })
  t.equal(german(failed), `/users/v1/password_reset?token=${token}&lang=de`)
  const page = await open(app, german(failed) ?? '')
  t.match(page.body, '<html lang="de">')
  t.equal(fieldOf(page, 'token'), token)

  const dead = await submit(app, '/users/v1/password_reset', { token: 'x', new_password: 'Bespin1980' })
  t.match((await open(app, german(dead) ?? '')).body, /<html lang="de">[\s\S]*funktioniert nicht mehr/)
})

t.test('the form that a code leads to can be asked for in another language, too', async t => {
  const { email } = await verifiedUser(app)
  const { code } = await forgotten(app, email)
  const form = await submit(app, '/forgot/code', { email, code })
  t.equal(fieldOf(await open(app, german(form) ?? ''), 'token'), fieldOf(form, 'token'))
})

t.test('forms of the account lead to the section that they are in', async t => {
  const browser = await signedInBrowser(app)
  const session = '01981f1c-7b2e-7cc1-a1a2-3b4c5d6e7f80'
  const forms: [path: string, form: Record<string, string>, page: string][] = [
    ['/account/profile', { first_name: 'x'.repeat(1000) }, '/account/profile'],
    [`/account/devices/${session}/end`, {}, '/account/devices'],
    ['/account/reauthenticate', { password: 'Wrong-Password1' }, '/account/reauthenticate'],
  ]
  for (const [path, form, page] of forms) t.equal(german(await browser.submit(path, form)), `${page}?lang=de`)
})

t.test('what is shown once, and belongs to no address, leads nowhere', async t => {
  const email = newEmail()
  await submit(app, '/signup', { email, password: PASSWORD })
  await app.mailer.idle()
  const token = /token=([\w-]+)/.exec(app.mailbox?.list(email)[0]?.text ?? '')?.[1] ?? ''
  const done = await submit(app, '/users/v1/email_verification', { token })
  t.equal(done.statusCode, 200)
  t.equal(german(done), undefined)

  const user = await enrolled(app)
  const second = await submit(app, '/signin', { email: user.email, password: PASSWORD })
  t.match(second.body, 'name="otp"')
  t.equal(german(second), undefined)
})

t.test('a proxy that sends the whole URL does not get into such a link', async t => {
  const send = await lateBodies(app)
  const request = { method: 'GET', path: 'http://holocron.test/signin?x=1', headers: { accept: 'text/html' }, body: '' }
  t.equal(german({ body: await send(request, async () => {}) }), '/signin?x=1&lang=de')
})
