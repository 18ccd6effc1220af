// The page on which people change their e-mail address. What the link does: test/routes/users/v1/email.test.ts
import t from 'tap'
import { build, call, mailedToken, newEmail, PASSWORD, verifiedUser } from '../../support/app.ts'
import { signedInBrowser } from '../../support/console.ts'
import { subjectsTo } from '../../support/mails.ts'
import { fieldOf } from '../../support/pages.ts'

const app = await build(t)

const PAGE = '/account/email'

t.test('whoever has not authenticated lately does so first, before anything is typed', async t => {
  const browser = await signedInBrowser(app)
  const answers = [
    await browser.open(PAGE),
    await browser.submit(PAGE, { email: newEmail() }, PAGE),
    await browser.submit(PAGE, { email: newEmail(), password: PASSWORD }, PAGE),
  ]
  t.same(
    answers.map(({ headers }) => headers.location),
    Array(3).fill(`/account/reauthenticate?redirect_to=${encodeURIComponent(PAGE)}`),
    'the password is asked for on one page only',
  )
  t.same((await subjectsTo(app, browser.user.email)).slice(1), [], 'and nothing was mailed')
})

t.test('the change is shown as pending until the link in the mail is opened', async t => {
  const browser = await signedInBrowser(app)
  await browser.reauthenticate()
  const before = await browser.open(PAGE)
  t.match(before.body, `<bdi>${browser.user.email}</bdi>`)
  t.notMatch(before.body, 'Waiting to be confirmed')

  const wanted = newEmail()
  const sent = await browser.submit(PAGE, { email: wanted.toUpperCase() })
  t.equal(sent.statusCode, 303)
  const pending = await browser.open(sent.headers.location ?? '')
  t.match(pending.body, /role="status"[^<]*>A link is on its way/)
  t.match(pending.body, /Waiting to be confirmed<\/dt>\s*<dd><bdi>([^<]+)<\/bdi>/)
  t.match(pending.body, `<bdi>${wanted}</bdi>`)

  const token = await mailedToken(app, wanted)
  t.equal((await call(app, 'POST', '/users/v1/email_verification', { payload: { token } })).statusCode, 200)
  const after = await browser.open(PAGE)
  t.match(after.body, `<bdi>${wanted}</bdi>`)
  t.notMatch(after.body, 'Waiting to be confirmed')
  t.notMatch(after.body, browser.user.email)
})

t.test('what is no address brings the form back with it, and an address in use is named as such', async t => {
  const browser = await signedInBrowser(app)
  await browser.reauthenticate()
  const wrong = await browser.submit(PAGE, { email: 'leia@' })
  t.equal(wrong.statusCode, 400)
  t.equal(fieldOf(wrong, 'email'), 'leia@')
  t.match(wrong.body, '<a href="#email">')
  const { email } = await verifiedUser(app)
  const taken = await browser.submit(PAGE, { email })
  t.equal(taken.statusCode, 400)
  t.match(taken.body, 'There is an account with this address already')
})

t.test('threat: under HIDE_ACCOUNTS the page tells who has an account', async t => {
  const hiding = await build(t, { HIDE_ACCOUNTS: 'true' })
  const browser = await signedInBrowser(hiding)
  await browser.reauthenticate()
  const { email: taken } = await verifiedUser(hiding)
  const pages = []
  for (const email of [taken, newEmail()]) {
    const sent = await browser.submit(PAGE, { email })
    t.equal(sent.statusCode, 303)
    const { body } = await browser.open(sent.headers.location ?? '')
    pages.push(body.replaceAll(email, '').replace(/<time[\s\S]*?<\/time>/, ''))
  }
  t.equal(pages[0], pages[1])
})

t.test("one's own address is named as such", async t => {
  const browser = await signedInBrowser(app)
  await browser.reauthenticate()
  const own = await browser.submit(PAGE, { email: browser.user.email })
  t.equal(own.statusCode, 400)
  t.match(own.body, 'This is your address already.')
})

t.test('a pending change is canceled by a button; pressed again it says that there is none', async t => {
  const browser = await signedInBrowser(app)
  await browser.reauthenticate()
  t.notMatch((await browser.open(PAGE)).body, 'Cancel the change')
  const wanted = newEmail()
  await browser.submit(PAGE, { email: wanted })
  const token = await mailedToken(app, wanted)
  t.match((await browser.open(PAGE)).body, 'Cancel the change')
  const canceled = await browser.submit(`${PAGE}/cancel`, {}, PAGE)
  const { body } = await browser.open(canceled.headers.location ?? '')
  t.match(body, /role="status"[^<]*>The change is canceled/)
  t.notMatch(body, wanted)
  t.equal((await call(app, 'POST', '/users/v1/email_verification', { payload: { token } })).statusCode, 401)
  const again = await browser.submit(`${PAGE}/cancel`, {}, PAGE)
  t.equal(again.statusCode, 404)
  t.match(again.body, 'There is no change to cancel')
})

t.test('whoever confirms the address where they are signed in is not told to sign in', async t => {
  const browser = await signedInBrowser(app)
  await browser.reauthenticate()
  const wanted = newEmail()
  await browser.submit(PAGE, { email: wanted })
  const token = await mailedToken(app, wanted)
  const done = await browser.submit('/users/v1/email_verification', { token })
  t.match(done.body, 'Your address is confirmed')
  t.notMatch(done.body, 'sign in now')
  t.match(done.body, 'href="/account"')
})
