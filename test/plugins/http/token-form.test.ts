// The form behind a mailed link, after an error: it is the same form as at first, and stays as long as its link works.
import t from 'tap'
import { errors } from '#schemas/errors.ts'
import { NO_PASSWORD } from '#sql/users.ts'
import { build, mailedToken, newEmail, PASSWORD } from '../../support/app.ts'
import { signedInBrowser } from '../../support/console.ts'
import { forgotten } from '../../support/mails.ts'
import { fieldOf, open, submit } from '../../support/pages.ts'

const VERIFICATION = '/users/v1/email_verification'
const RESET = '/users/v1/password_reset'
const SPANISH = '<html lang="es">'

const app = await build(t)

t.test('a wrong password leaves the language of the account', async t => {
  const email = newEmail()
  await submit(app, '/signup?lang=es', { email, password: PASSWORD })
  const token = await mailedToken(app, email)
  t.match((await open(app, `${VERIFICATION}?token=${token}`)).body, SPANISH)
  const again = await submit(app, VERIFICATION, { token, password: 'Wrong-Password1' })
  t.equal(again.statusCode, 403, again.body)
  t.equal(fieldOf(again, 'token'), token)
  t.match(again.body, SPANISH)
})

t.test('a bad new password leaves the language, and the name that it is stored under', async t => {
  const browser = await signedInBrowser(app)
  await browser.submit('/account/language', { locale: 'es' })
  const { token } = await forgotten(app, browser.user.email)
  for (const { body } of [
    await open(app, `${RESET}?token=${token}`),
    await submit(app, RESET, { token, new_password: 'short' }),
  ]) {
    t.match(body, SPANISH)
    t.match(body, `value="${browser.user.email}" autocomplete="username"`)
    t.match(body, `name="token" value="${token}"`)
  }
})

t.test('what passes by itself leaves the form, without a password that the account does not have', async t => {
  const app = await build(t)
  const email = newEmail()
  await submit(app, '/signup', { email, password: PASSWORD })
  const token = await mailedToken(app, email)
  const withoutPassword = app.db.updateTable('users').set({ password_hash: NO_PASSWORD })
  await withoutPassword.where('email', '=', email).execute()
  app.accounts.change = async () => {
    throw errors.unavailable()
  }
  const failed = await submit(app, VERIFICATION, { token })
  t.equal(failed.statusCode, 503)
  t.equal(fieldOf(failed, 'token'), token)
  t.notMatch(failed.body, 'name="password"')
})

t.test('a link that does not work says so, whatever else is wrong', async t => {
  const response = await submit(app, RESET, { token: 'x', new_password: 'short' })
  t.match(response.body, 'href="/forgot"')
  t.notMatch(response.body, '<form')
})
