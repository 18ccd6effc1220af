// The first page of the account console, and what all of its pages have in common.
import t from 'tap'
import { build, call, newEmail } from '../../support/app.ts'
import { signedInBrowser } from '../../support/console.ts'
import { OWN_PAGE, setCookie } from '../../support/cookies.ts'
import { open } from '../../support/pages.ts'

const app = await build(t)

t.test('whoever is not signed in is led to the sign-in page, and back from there', async t => {
  const response = await open(app, '/account?lang=de')
  t.equal(response.statusCode, 303)
  t.equal(response.headers.location, '/signin?redirect_to=%2Faccount%3Flang%3Dde&lang=de')
})

t.test('the page says who is signed in, with the way to each section and out', async t => {
  const browser = await signedInBrowser(app)
  const page = await browser.open('/account')
  t.equal(page.statusCode, 200)
  t.match(page.body, `<bdi>${browser.user.email}</bdi>`)
  t.match(page.body, '<a href="/account" aria-current="page">Overview</a>')
  t.match(page.body, '<form method="post" action="/signout">')
  t.notMatch(page.body, 'href="/admin', 'administration is for administrators')
  t.equal(page.headers['cache-control'], 'no-store')
})

t.test('threat: a name is text, whatever it looks like', async t => {
  const browser = await signedInBrowser(app)
  const { user_id } = app.tokens.cookie.verifyIgnoringExpiry(browser.cookie())
  await app.db.updateTable('users').set({ first_name: '<script>alert(1)</script>' }).where('id', '=', user_id).execute()
  await app.users.invalidate(user_id)
  const { body } = await browser.open('/account')
  t.match(body, '&lt;script&gt;alert(1)')
  t.notMatch(body, '<script>alert')
})

t.test('the chosen language is that of the pages from then on, whatever the browser asks for', async t => {
  const browser = await signedInBrowser(app)
  const saved = await browser.submit('/account/language', { locale: 'de' })
  t.equal(saved.statusCode, 303)
  t.match((await browser.open(saved.headers.location ?? '')).body, 'Ihre Sprache ist gespeichert')
  const page = await browser.open('/account')
  t.match(page.body, '<html lang="de">')
  t.match(page.body, '<option value="de" lang="de" selected>')
  const cleared = await browser.submit('/account/language?lang=de', { locale: '' })
  t.match((await browser.open(cleared.headers.location ?? '')).body, '<html lang="en">')
})

t.test('a language that is none brings the page back with the problem', async t => {
  const browser = await signedInBrowser(app)
  const page = await browser.submit('/account/language', { locale: '<b>' })
  t.equal(page.statusCode, 400)
  t.match(page.body, /role="alert"/)
  t.match(page.body, 'aria-current="page"', 'with the navigation')
})

t.test('threat: a form of another site changes nothing', async t => {
  const browser = await signedInBrowser(app)
  for (const headers of [
    { 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'same-site' },
    { origin: 'https://evil.example' },
    {},
  ])
    t.equal(
      (
        await call(app, 'POST', '/account/language', {
          payload: 'locale=de',
          headers: {
            ...headers,
            'content-type': 'application/x-www-form-urlencoded',
            cookie: `${app.sessionCookie.name}=${browser.cookie()}`,
          },
        })
      ).statusCode,
      403,
    )
  t.match((await browser.open('/account')).body, '<html lang="en">')
})

t.test('signing out ends it: the pages lead to the sign-in page again', async t => {
  const browser = await signedInBrowser(app)
  const response = await browser.submit('/signout')
  t.match(setCookie(response), 'Max-Age=0')
  t.equal(
    (await open(app, '/account', { ...OWN_PAGE, cookie: `${app.sessionCookie.name}=${browser.cookie()}` })).statusCode,
    303,
  )
})

t.test('a made-up message in the address is not shown', async t => {
  const browser = await signedInBrowser(app)
  for (const done of ['<b>', 'title', newEmail()])
    t.notMatch((await browser.open(`/account?done=${encodeURIComponent(done)}`)).body, 'class="done" role="status"')
})
