// The administration's pages about mails that could not be delivered.
import t from 'tap'
import { build } from '../../support/app.ts'
import { administratorsBrowser } from '../../support/console.ts'
import { park, signUp } from '../../support/mailer.ts'

const app = await build(t, { MAIL_POLL_SECONDS: '3600' })
const admin = await administratorsBrowser(app)

const PAGE = '/admin/mails'

async function parked() {
  const { email, user_id } = await signUp(app)
  return { email, id: await park(app, { user_id, recipient: email }) }
}

t.test('without any, the page says so', async t => {
  t.match((await admin.open(PAGE)).body, 'There are none.')
})

t.test('a parked mail is listed, read without its link, and sent again', async t => {
  const { email, id } = await parked()
  t.match((await admin.open(PAGE)).body, `<bdi>${email}</bdi>`)
  const mail = await admin.open(`${PAGE}/${id}`)
  t.match(mail.body, '<pre')
  t.notMatch(mail.body, 'token=')
  const retried = await admin.submit(`${PAGE}/${id}/retry`)
  t.equal(retried.headers.location, `${PAGE}?done=retried`)
  await app.mailer.idle()
  t.notMatch((await admin.open(PAGE)).body, `${PAGE}/${id}`)
  const again = await admin.submit(`${PAGE}/${id}/retry`)
  t.equal(again.statusCode, 404)
  t.match(again.body, 'This mail is sent, or was dropped.')
})

t.test('all of them are sent again at once', async t => {
  const { email } = await parked()
  t.equal((await admin.submit(`${PAGE}/retry`)).statusCode, 303)
  await app.mailer.idle()
  t.notMatch((await admin.open(PAGE)).body, email)
})
