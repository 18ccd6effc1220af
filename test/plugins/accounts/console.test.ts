// What all pages for those who are signed in have in common, found by their routes.
import t from 'tap'
import { build, call } from '../../support/app.ts'
import { administratorsBrowser, signedInBrowser } from '../../support/console.ts'
import { OWN_PAGE } from '../../support/cookies.ts'
import { open, submit } from '../../support/pages.ts'
import { OFFLINE_PROVIDER } from '../../support/providers/offline.ts'
import { routesOf } from '../../support/routes.ts'

const app = await build(t, OFFLINE_PROVIDER)
const routes = routesOf(app).filter(({ url }) => /^\/(account|admin)\b/.test(url))
// What they follow is no page.
const pages = routes.filter(({ method, url }) => method === 'GET' && !url.endsWith('/stream'))
const forms = routes.filter(({ method }) => method !== 'GET' && method !== 'HEAD')

t.test('whoever is not signed in is led from every page to the sign-in page', async t => {
  for (const { path } of pages) {
    const response = await open(app, path)
    t.equal(response.statusCode, 303, path)
    t.match(response.headers.location, `/signin?redirect_to=${encodeURIComponent(path)}`, path)
  }
})

t.test('threat: a form of another site, sent by a browser that is signed in', async t => {
  const admin = await administratorsBrowser(app)
  t.ok(forms.length > 10)
  for (const { path } of forms) {
    for (const from of [
      { 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-site' },
      { 'sec-fetch-site': 'none' },
      { origin: 'https://evil.example' },
      { origin: 'null' },
      {},
    ]) {
      const response = await call(app, 'POST', path, {
        payload: '',
        headers: {
          ...from,
          'content-type': 'application/x-www-form-urlencoded',
          cookie: `${app.sessionCookie.name}=${admin.cookie()}`,
        },
      })
      t.match(response.json(), { statusCode: 403, message: 'cross-site' }, path)
    }
  }
})

t.test('a form that is turned away before anything else is answered with a page, or the way to sign in', async t => {
  const { cookie } = await administratorsBrowser(app)
  for (const { path } of forms) {
    const foreign = await submit(
      app,
      path,
      {},
      { cookie: `${app.sessionCookie.name}=${cookie()}`, 'sec-fetch-site': 'cross-site' },
    )
    t.equal(foreign.statusCode, 403, path)
    t.match(foreign.headers['content-type'], 'text/html', path)
    const ended = await submit(
      app,
      path,
      {},
      { ...OWN_PAGE, referer: `${app.config.PUBLIC_URL}/account?done=language` },
    )
    t.equal(ended.headers.location?.replace('%2F', '/'), '/signin?redirect_to=/account', path)
  }
})

t.test('threat: a form sent from a page of another origin leads back to no page that it names', async t => {
  const { headers } = await submit(
    app,
    '/account/profile',
    {},
    { ...OWN_PAGE, referer: 'https://evil.example/account/data' },
  )
  t.equal(headers.location, '/signin')
})

t.test('threat: guessing by actions on users, which carry the auth rate limit', async t => {
  const app = await build(t, { AUTH_RATE_LIMIT_MAX: '10' })
  const actions = forms.filter(({ url }) => url.startsWith('/admin/users/'))
  t.ok(actions.length > 5)
  const admin = await administratorsBrowser(app)
  for (let i = 0; i < 10; i++) await admin.submit('/account/reauthenticate', {})
  for (const { path, url } of actions) t.equal((await admin.submit(path)).statusCode, 429, url)
})

t.test('beyond the limits too', async t => {
  const app = await build(t, { AUTH_RATE_LIMIT_MAX: '3' })
  const browser = await signedInBrowser(app)
  let page = await browser.open('/account')
  for (let i = 0; i < 4; i++) page = await browser.submit('/account/reauthenticate', { password: 'Wrong-Password1' })
  t.equal(page.statusCode, 429)
  t.match(page.body, /Try again in \d+ second/)
})

t.test('threat: administration by somebody who is no administrator', async t => {
  const browser = await signedInBrowser(app)
  const administration = routes.filter(({ url }) => url.startsWith('/admin'))
  t.ok(administration.length > 10)
  for (const { path, method } of administration) {
    const response = method === 'POST' ? await browser.submit(path) : await browser.open(path)
    t.equal(response.statusCode, 403, path)
  }
})

/** Downloads, not pages. */
const FILES = ['/account/contacts/export']
/** The administrator of the test has none. */
const WITHOUT_DOSES = /^\/account\/vaccinations\/certificate/

t.test('no page is kept or framed, has code or style in it, or a script of another origin', async t => {
  const admin = await administratorsBrowser(app)
  for (const { path, url } of pages.filter(({ url }) => !url.includes(':'))) {
    const page = await admin.open(path)
    if (page.statusCode === 303) continue
    t.equal(page.statusCode, WITHOUT_DOSES.test(url) ? 404 : 200, path)
    t.equal(page.headers['cache-control'], 'no-store', url)
    if (FILES.includes(url)) {
      t.match(page.headers['content-disposition'], /^attachment/, url)
      continue
    }
    const policy = String(page.headers['content-security-policy'])
    t.match(policy, /^default-src 'none'; style-src 'self'; .*base-uri 'none'; frame-ancestors 'none'$/, url)
    t.notMatch(policy, /unsafe|\*/, url)
    t.notMatch(page.body, /<style|<script(?! src="\/assets\/)|\son\w+=|\sstyle=|javascript:/i, url)
    t.equal(page.body.match(/<h1/g)?.length, 1, url)
    t.match(page.body, 'aria-current="page"', url)
    t.notMatch(page.body, /undefined|\[object|NaN|\{\w+\}/, url)
    for (const [, id] of page.body.matchAll(/<(?:input|select|textarea) id="([^"]+)"/g))
      t.match(page.body, `<label for="${id}">`, url)
  }
})

t.test(
  "a header of another scheme than ours, such as that of a test site's gate, says nothing of who is signed in",
  async t => {
    const browser = await signedInBrowser(app)
    const headers = { cookie: `${app.sessionCookie.name}=${browser.cookie()}` }
    t.equal((await open(app, '/account', { ...headers, authorization: 'Basic bGVpYTpvcmdhbmE=' })).statusCode, 200)
    t.equal((await open(app, '/account', { ...headers, authorization: 'Bearer x' })).statusCode, 303)
    t.equal((await open(app, '/account', { authorization: 'Basic bGVpYTpvcmdhbmE=' })).statusCode, 303)
  },
)

t.test('whoever is not signed in gets to the sign-in page, however long the address is', async t => {
  const { headers } = await open(app, `/account/history?x=${'1'.repeat(3000)}`)
  t.equal(headers.location, '/signin')
  t.equal((await open(app, String(headers.location))).statusCode, 200)
})

t.test('a form comes back with what its fields hold, and not with any amount', async t => {
  const browser = await signedInBrowser(app)
  const long = await browser.submit('/account/profile', { first_name: 'x'.repeat(20_000) })
  t.equal(long.statusCode, 400)
  t.ok(long.body.length < 20_000)
})
