// The section of the account that lists open sessions, and ends them.
import t from 'tap'
import { build, logIn } from '../../support/app.ts'
import { signedInBrowser } from '../../support/console.ts'
import { outcome, readFilms, sessionId } from '../../support/session.ts'

const app = await build(t)

const PAGE = '/account/devices'
const endingOf = (token: string) => `${PAGE}/${sessionId(token)}/end`

t.test('the page lists every device, in words, and marks this one, which it does not end', async t => {
  const browser = await signedInBrowser(app)
  const other = await logIn(app, browser.user)
  await app.db
    .updateTable('sessions')
    .set({ user_agent: 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0' })
    .where('id', '=', sessionId(other.token))
    .execute()
  const { body } = await browser.open(PAGE)
  t.match(body, 'Firefox 140 on Linux')
  t.equal(body.match(/This device</g)?.length, 1)
  t.equal(body.match(/\/end"/g)?.length, 1)
  t.match(body, `action="${endingOf(other.token)}"`)
})

t.test('one device is signed out, at once; again is said in words', async t => {
  const browser = await signedInBrowser(app)
  const other = await logIn(app, browser.user)
  const ended = await browser.submit(endingOf(other.token))
  t.equal(ended.statusCode, 303)
  t.equal(outcome(await readFilms(app, other.token)), '401 token-invalid')
  t.match((await browser.open(ended.headers.location ?? '')).body, /role="status">The device is signed out/)
  const again = await browser.submit(endingOf(other.token))
  t.equal(again.statusCode, 404)
  t.match(again.body, 'This device is signed out already')
  t.match(again.body, 'This device<', 'and the list is there')
})

t.test('all others are signed out, but not this one', async t => {
  const browser = await signedInBrowser(app)
  const others = [await logIn(app, browser.user), await logIn(app, browser.user)]
  const ended = await browser.submit(`${PAGE}/end_others`)
  const { body } = await browser.open(ended.headers.location ?? '')
  t.match(body, 'All other devices are signed out')
  t.notMatch(body, 'end_others', 'nothing is left to sign out')
  for (const { token } of others) t.equal(outcome(await readFilms(app, token)), '401 token-invalid')
})

t.test("threat: somebody else's device", async t => {
  const browser = await signedInBrowser(app)
  const victim = await logIn(app)
  t.equal((await browser.submit(endingOf(victim.token))).statusCode, 404)
  t.equal(outcome(await readFilms(app, victim.token)), '200')
})

t.test('threat: a user agent is text, whatever it looks like', async t => {
  const browser = await signedInBrowser(app)
  const { token } = await logIn(app, browser.user)
  await app.db
    .updateTable('sessions')
    .set({ user_agent: '<script>alert(1)</script>/1.0 (<img src=x>)' })
    .where('id', '=', sessionId(token))
    .execute()
  t.notMatch((await browser.open(PAGE)).body, /<script>alert|<img src=x/)
})

t.test('hundreds of devices come in pages', async t => {
  const browser = await signedInBrowser(app)
  const { token } = await logIn(app, browser.user)
  const row = await app.db
    .selectFrom('sessions')
    .selectAll()
    .where('id', '=', sessionId(token))
    .executeTakeFirstOrThrow()
  const rows = Array.from({ length: 60 }, (_, i) => ({ ...row, id: `${row.id.slice(0, -4)}${1000 + i}` }))
  await app.db.insertInto('sessions').values(rows).execute()
  let next: string | undefined = PAGE
  const seen = new Set<string>()
  for (let pages = 0; next && pages < 10; pages++) {
    const { body } = await browser.open(next)
    for (const [, id = ''] of body.matchAll(/id="device-([^"]+)"/g)) seen.add(id)
    next = /rel="next" href="([^"]+)"/.exec(body)?.[1]?.replaceAll('&amp;', '&')
  }
  t.equal(seen.size, 62)
  t.equal((await browser.open(`${PAGE}?cursor=x`)).statusCode, 400)
})
