import t from 'tap'
import { build } from '../support/app.ts'
import { browse, browserLogIn, expired, OWN_PAGE, setCookie } from '../support/cookies.ts'
import { open, submit } from '../support/pages.ts'
import { outcome } from '../support/session.ts'

const app = await build(t)

const signOut = (cookie: string, headers: Record<string, string> = OWN_PAGE) =>
  submit(app, '/signout', {}, { ...headers, cookie: `${app.sessionCookie.name}=${cookie}` })

t.test('signing out ends the session at once, and again is no error', async t => {
  const cookie = await browserLogIn(app)
  for (let time = 0; time < 2; time++) {
    const response = await signOut(cookie)
    t.equal(response.statusCode, 303)
    t.equal(response.headers.location, '/?done=signed-out')
    t.match((await open(app, '/?done=signed-out')).body, /role="status"[^<]*>You are signed out\./)
    t.match(setCookie(response), /Max-Age=0/)
    t.equal(outcome(await browse(app, 'GET', '/films/v1/', cookie)), '401 token-invalid')
  }
})

t.test('an expired cookie, which is renewed on the way, is cleared once and not set besides', async t => {
  const response = await signOut(expired(app, await browserLogIn(app)))
  t.equal(response.statusCode, 303)
  t.equal([response.headers['set-cookie']].flat().length, 1)
  t.match(setCookie(response), /^holocron=; Max-Age=0/)
})

t.test('opening the page signs nobody out', async t => {
  const cookie = await browserLogIn(app)
  const page = await open(app, '/signout', { cookie: `${app.sessionCookie.name}=${cookie}` })
  t.match(page.body, /<form class="stack" method="post" action="\/signout">/)
  t.match(page.body, 'href="/">Cancel</a>')
  t.equal(outcome(await browse(app, 'GET', '/films/v1/', cookie)), '200')
})

t.test('threat: another site signs somebody out', async t => {
  const cookie = await browserLogIn(app)
  for (const headers of [
    { 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'same-site' },
    { origin: 'https://evil.test' },
    { 'sec-fetch-site': 'none' },
    {},
  ]) {
    t.equal((await signOut(cookie, headers)).statusCode, 403)
    t.equal(outcome(await browse(app, 'GET', '/films/v1/', cookie)), '200')
  }
})
