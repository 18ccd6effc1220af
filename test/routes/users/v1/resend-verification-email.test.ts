import t from 'tap'
import { findUserByEmail } from '#sql/users.ts'
import { build, call, mailedToken, newEmail, PASSWORD, verifiedUser } from '../../../support/app.ts'

const URL = '/users/v1/resend_verification_email'
const app = await build(t)

const ask = (email: unknown) => call(app, 'POST', URL, { payload: { email } })

async function signedUp(): Promise<string> {
  const email = newEmail()
  await call(app, 'POST', '/users/v1/signup', { payload: { email, password: PASSWORD } })
  await app.mailer.idle()
  return email
}

const mailsTo = (email: string) => app.mailbox?.list(email).length

t.test('a lost mail can be resent, with a working link', async t => {
  const email = await signedUp()
  const response = await ask(email)
  t.equal(response.statusCode, 200)
  t.same(response.json(), { status: 'ok' })
  const token = await mailedToken(app, email)
  t.equal(mailsTo(email), 2)
  t.equal((await call(app, 'POST', '/users/v1/email_verification', { payload: { token } })).statusCode, 200)
})

t.test('unknown and verified accounts get no mail', async t => {
  const unknown = newEmail()
  const { email: proved } = await verifiedUser(app)
  for (const email of [unknown, proved]) {
    const before = mailsTo(email)
    await ask(email)
    await app.mailer.idle()
    t.equal(mailsTo(email), before)
  }
  t.equal(await findUserByEmail(app.db, unknown), undefined, 'and no account comes of it')
})

t.test(
  'an e-mail address gets a limited number of mails per hour, however often anybody asks (mail bombing)',
  async t => {
    const email = await signedUp()
    for (let i = 0; i < 12; i++) t.equal((await ask(email)).statusCode, 200)
    await app.mailer.idle()
    t.ok((mailsTo(email) ?? 0) <= 6, `${mailsTo(email)} mails`)
    t.ok((mailsTo(email) ?? 0) >= 2)
  },
)
