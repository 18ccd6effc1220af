// The language that somebody chose for the account holds on every page that knows the account, unless the address names another.
import t from 'tap'
import { build, mailedToken, newEmail, PASSWORD } from '../../support/app.ts'
import { signedInBrowser } from '../../support/console.ts'
import { forgotten } from '../../support/mails.ts'
import { open, submit } from '../../support/pages.ts'

const app = await build(t)
const SPANISH = '<html lang="es">'

t.test('on the page where people come to by signing in', async t => {
  const browser = await signedInBrowser(app)
  await browser.submit('/account/language', { locale: 'es' })
  const signedIn = await submit(app, '/signin', browser.user)
  t.match((await browser.open(String(signedIn.headers.location))).body, SPANISH)
  t.match((await browser.open('/?lang=de')).body, '<html lang="de">', 'an explicit choice wins')
  t.match((await open(app, '/')).body, '<html lang="en">', 'for others nothing changes')
})

t.test('behind the link that verifies the address', async t => {
  const email = newEmail()
  await submit(app, '/signup?lang=es', { email, password: PASSWORD })
  const token = await mailedToken(app, email)
  t.match((await open(app, `/users/v1/email_verification?token=${token}`)).body, SPANISH)
  t.match((await submit(app, '/users/v1/email_verification', { token })).body, SPANISH)
})

t.test('behind the link that resets the password', async t => {
  const browser = await signedInBrowser(app)
  await browser.submit('/account/language', { locale: 'es' })
  const { token } = await forgotten(app, browser.user.email)
  t.match((await open(app, `/users/v1/password_reset?token=${token}`)).body, SPANISH)
  t.match((await submit(app, '/users/v1/password_reset', { token, new_password: 'Bespin1980' })).body, SPANISH)
})
