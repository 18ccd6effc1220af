// The administration's pages about mails that could not be delivered.
import { randomUUIDv7 } from 'node:crypto'
import t from 'tap'
import { build, newEmail } from '../../support/app.ts'
import { administratorsBrowser } from '../../support/console.ts'
import { park, readMail, signUp } from '../../support/mailer.ts'

const app = await build(t)
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
  const list = await admin.open(PAGE)
  t.match(list.body, `<bdi>${email}</bdi>`)
  t.match(list.body, 'Verify your e-mail address', 'by what it is about')
  t.match((await admin.open(`${PAGE}?lang=de`)).body, 'Bestätigen Sie Ihre E-Mail-Adresse')
  t.notMatch(list.body, 'email-verification')
  const mail = await admin.open(`${PAGE}/${id}`)
  t.match(mail.body, '<pre')
  t.notMatch(mail.body, 'token=')
  const retried = await admin.submit(`${PAGE}/${id}/retry`)
  t.equal(retried.headers.location, `${PAGE}?done=retried`)
  await app.mailer.idle()
  t.notMatch((await admin.open(PAGE)).body, `${PAGE}/${id}`)
  const again = await admin.submit(`${PAGE}/${id}/retry`)
  t.equal(again.statusCode, 404)
  t.match(again.body, 'This e-mail is sent, or was dropped.')
})

t.test('all of them are sent again at once', async t => {
  const { email } = await parked()
  const retried = await admin.submit(`${PAGE}/retry`)
  t.equal(retried.statusCode, 303)
  const { body } = await admin.open(String(retried.headers.location))
  t.match(body, '1 e-mail is being sent again.</p>', 'and none is left')
  await app.mailer.idle()
  t.notMatch((await admin.open(PAGE)).body, email)
})

t.test('of more than a thousand, the page says how many are being sent again, and how many are left', async t => {
  // Nobody has the address: they are dropped unsent.
  const mail = await readMail(app, await park(app, { recipient: newEmail() }))
  const copies = Array.from({ length: 1001 }, () => ({ ...mail, id: randomUUIDv7() }))
  for (let i = 0; i < copies.length; i += 100)
    await app.db
      .insertInto('outbox')
      .values(copies.slice(i, i + 100))
      .execute()
  const { headers } = await admin.submit(`${PAGE}/retry`)
  const { body } = await admin.open(String(headers.location))
  t.match(body, '1000 e-mails are being sent again. 2 are left: choose “Retry all” once more.')
})
