import t from 'tap'
import { masked } from '../../../plugins/mailer/masked.ts'
import { build, call, logIn, newEmail, PASSWORD } from '../../support/app.ts'
import { mailsTo } from '../../support/mails.ts'

t.test('threat: an address that is a message, in a mail to somebody else', async t => {
  t.equal(masked('leia@alderaan.example'), 'l…@alderaan.example')
  t.equal(masked('"https://evil.example/"@x.example'), '"…@x.example')
  const long = masked(`a@your-account-is-locked.call-0900-1234.${'x'.repeat(40)}.example`)
  t.equal(long, `a…@…${'x'.repeat(31)}.example`)
})

t.test('the mail to a new address names the account as its owner knows it, and nobody else', async t => {
  const app = await build(t)
  const { token, email: account } = await logIn(app)
  const email = newEmail()
  await call(app, 'POST', '/users/v1/email', { token, payload: { email, password: PASSWORD } })
  const [mail] = await mailsTo(app, email)
  t.match(mail?.text, masked(account))
  t.notMatch(mail?.text, account)
  t.notMatch(mail?.html, account)
})
