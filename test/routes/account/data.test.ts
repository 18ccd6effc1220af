// The page on which people take their data along, or delete their account.
import t from 'tap'
import { build, call } from '../../support/app.ts'
import { signedInBrowser } from '../../support/console.ts'
import { setCookie } from '../../support/cookies.ts'
import { eventKinds } from '../../support/mails.ts'
import { open } from '../../support/pages.ts'

const app = await build(t)

const DELETION = '/account/data/deletion'

const idOf = (cookie: string) => app.tokens.cookie.verifyIgnoringExpiry(cookie).user_id
const exists = async (id: number) =>
  (await app.db.selectFrom('users').select('id').where('id', '=', id).execute()).length === 1

t.test('the download is what the API exports, and appears in the history', async t => {
  const browser = await signedInBrowser(app)
  t.match((await browser.open('/account/data')).body, 'action="/account/data/export"')
  const file = await browser.submit('/account/data/export')
  const id = idOf(browser.cookie())
  t.equal(file.statusCode, 200)
  t.match(file.headers['content-type'], 'application/json')
  t.equal(file.headers['content-disposition'], `attachment; filename="account-${id}.json"`)
  t.equal(file.headers['cache-control'], 'no-store')
  const cookie = `${app.sessionCookie.name}=${browser.cookie()}`
  const exported = await call(app, 'GET', `/users/v1/${id}/export`, { headers: { cookie } })
  t.same(Object.keys(file.json()), Object.keys(exported.json()))
  t.match(file.json(), { account: { id, email: browser.user.email } })
  t.equal((await eventKinds(app, id)).filter(kind => kind === 'exported').length, 2)
})

t.test('deletion has a page of its own, which says what will happen, and asks to authenticate first', async t => {
  const browser = await signedInBrowser(app)
  t.match((await browser.open('/account/data')).body, `href="${DELETION}"`)
  const there = `/account/reauthenticate?redirect_to=${encodeURIComponent(DELETION)}`
  t.equal((await browser.open(DELETION)).headers.location, there)
  t.equal((await browser.submit(DELETION, {}, DELETION)).headers.location, there)
  await browser.reauthenticate()
  const page = await browser.open(DELETION)
  t.match(page.body, `<bdi>${browser.user.email}</bdi>`)
  t.match(page.body, 'This cannot be undone')
  t.ok(await exists(idOf(browser.cookie())), 'to look at the page deletes nothing')
})

t.test('the account is gone, with the cookie, and a page says so', async t => {
  const browser = await signedInBrowser(app)
  await browser.reauthenticate()
  const id = idOf(browser.cookie())
  const cookie = `${app.sessionCookie.name}=${browser.cookie()}`
  const deleted = await browser.submit(DELETION)
  t.equal(deleted.statusCode, 303)
  t.match(setCookie(deleted), /=;.*Max-Age=0/)
  t.notOk(await exists(id))
  const page = await open(app, String(deleted.headers.location))
  t.match(page.body, /role="status"[^<]*>Your account is deleted/)
  t.equal((await open(app, '/account', { cookie })).statusCode, 303, 'the cookie would open nothing')
})

t.test('the last administrator is told why not, and is still there', async t => {
  const browser = await signedInBrowser(app)
  await app.db.updateTable('users').set({ access_role: 'admin' }).where('email', '=', browser.user.email).execute()
  const administrator = await signedInBrowser(app, browser.user)
  await administrator.reauthenticate()
  const page = await administrator.submit(DELETION)
  t.equal(page.statusCode, 409)
  t.match(page.body, /role="alert"[\s\S]*You are the only administrator/)
  t.ok(await exists(idOf(administrator.cookie())))
  t.equal(setCookie(page), undefined)
})

t.test('somebody who is signed in is not told of a deletion', async t => {
  const browser = await signedInBrowser(app)
  t.notMatch((await browser.open('/?done=deleted')).body, 'Your account is deleted')
})
