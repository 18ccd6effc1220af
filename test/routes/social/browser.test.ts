// A browser's way to a provider and back, where nobody attacks it.
import t from 'tap'
import { call, codeOf, verifiedUser } from '../../support/app.ts'
import { OWN_PAGE } from '../../support/cookies.ts'
import { enrolled, otpOf, steppingClock } from '../../support/mfa.ts'
import { LUKE } from '../../support/providers/openid.ts'
import { visit } from '../../support/providers/visit.ts'
import { APP_PAGE, Browser, withAll, withCorp } from '../../support/social.ts'

const PROVIDERS = ['github', 'google', 'linkedin', 'facebook', 'corp']

t.test('the list of providers has those that are configured, and where each login starts', async t => {
  const { app } = await withAll(t)
  const { results } = (await call(app, 'GET', '/social/v1/providers')).json()
  t.same(results.map(({ provider }: { provider: string }) => provider).sort(), PROVIDERS.toSorted())
  for (const { authorize_url } of results) {
    const { pathname, origin } = new URL(authorize_url)
    t.equal(origin, 'http://holocron.test')
    t.equal((await new Browser(app).open(pathname)).statusCode, 302)
  }
})

t.test('a provider that is not configured is not found', async t => {
  const { app } = await withCorp(t)
  for (const provider of ['github', 'constructor', '__proto__', 'x'.repeat(40)]) {
    for (const path of ['/authorize', '/callback?state=x']) {
      const response = await call(app, 'GET', `/social/v1/${provider}${path}`)
      t.ok([400, 404].includes(response.statusCode), response.body)
    }
    t.ok([400, 404].includes((await call(app, 'POST', `/social/v1/${provider}`, { payload: {} })).statusCode))
  }
})

t.test('a login without redirect_to leads to the first page of the service', async t => {
  const { app } = await withCorp(t)
  const browser = new Browser(app)
  t.equal((await browser.logIn('corp')).headers.location, '/')
  t.ok(await browser.user())
})

t.test('the language that was chosen is kept over the way to the provider and back', async t => {
  const { app, corp } = await withCorp(t)
  corp.people.set(LUKE, { email: 'luke@alderaan.example', email_verified: false })
  const browser = new Browser(app)
  const started = await browser.open('/social/v1/corp/authorize?lang=de')
  const page = await browser.open(await visit(started.headers.location ?? ''))
  t.match(page.body, /<html[^>]* lang="de"/)
  corp.people.set(LUKE, { email: 'luke@alderaan.example', email_verified: true })
  const again = await browser.open('/social/v1/corp/authorize?lang=de')
  t.equal((await browser.open(await visit(again.headers.location ?? ''))).headers.location, '/?lang=de')
})

t.test('whoever links without having authenticated again reads what is missing', async t => {
  const { app } = await withCorp(t)
  const browser = new Browser(app)
  await browser.logIn('corp')
  const page = await browser.post('/social/v1/corp/link', {})
  t.equal(page.statusCode, 403)
  t.match(page.body, /confirm first that it is you/)
})

t.test('a script gets the URL instead of a redirect, and its browser the cookie', async t => {
  const { app } = await withCorp(t)
  const headers = { accept: 'application/json' }
  const response = await call(app, 'GET', '/social/v1/corp/authorize', { headers })
  t.equal(response.statusCode, 200)
  const { authorize_url } = response.json<{ authorize_url: string }>()
  const [cookie] = response.cookies
  t.match(cookie, { httpOnly: true, sameSite: 'Lax', path: '/', maxAge: 600 })
  const { pathname, search } = await visit(authorize_url)
  const callback = await call(app, 'GET', pathname + search, {
    headers: { cookie: `${cookie?.name}=${cookie?.value}` },
  })
  t.equal(callback.statusCode, 303)
})

t.test('over TLS the cookie of a login is for this host alone', async t => {
  const { app } = await withCorp(t, {}, { PUBLIC_URL: 'https://holocron.test' })
  const { cookies } = await call(app, 'GET', '/social/v1/corp/authorize')
  t.match(cookies, [{ name: /^__Host-/, secure: true, httpOnly: true, path: '/' }])
})

t.test('a browser keeps four logins at most, the latest', async t => {
  const { app } = await withCorp(t)
  const browser = new Browser(app)
  const locations = []
  for (let i = 0; i < 6; i++) locations.push(await browser.begin('corp'))
  t.equal(browser.cookies.size, 4)
  t.equal((await browser.open(await visit(locations[0] ?? ''))).statusCode, 400)
  t.equal((await browser.open(await visit(locations[5] ?? ''))).statusCode, 303)
})

t.test('a second factor is asked for on a page, which leads on to where the login was to lead', async t => {
  const clock = steppingClock(t)
  const { app, corp } = await withCorp(t)
  const user = await verifiedUser(app)
  const { secret } = await enrolled(app, user)
  corp.people.set(LUKE, { email: user.email, email_verified: true })
  const browser = new Browser(app)
  const page = await browser.logIn('corp', APP_PAGE)
  t.equal(page.statusCode, 200)
  t.equal(await browser.user(), undefined, 'nobody is logged in yet')
  t.notMatch(page.body, 'code=', 'no link of the page has the code')
  const action = /action="([^"]*signin\/mfa[^"]*)"/.exec(page.body)?.[1]?.replaceAll('&amp;', '&') ?? ''
  const mfa_token = /name="mfa_token" value="([^"]*)"/.exec(page.body)?.[1]
  clock.forward(t)
  const done = await browser.post(action, { mfa_token, otp: otpOf(secret) })
  t.equal(done.statusCode, 303, done.body)
  t.equal(done.headers.location, APP_PAGE)
  t.ok(await browser.user())
})

t.test('a person without a usable address is asked for one on a page', async t => {
  const { app, corp } = await withCorp(t)
  corp.people.set(LUKE, { name: 'Luke', email: 'luke@alderaan.example', email_verified: false })
  const page = await new Browser(app).logIn('corp')
  t.equal(page.statusCode, 200)
  t.match(page.body, 'action="/social/v1/email"')
  t.match(page.body, /name="signup_token" value="[^"]{40,}"/)
})

t.test('a form links a provider to the account of the browser, after its user has authenticated again', async t => {
  const { app, google } = await withAll(t)
  google.people.set(LUKE, { email: 'another@gmail.com', email_verified: true })
  const browser = new Browser(app)
  await browser.logIn('corp')
  const user = await browser.user()
  const again = await browser.post('/social/v1/corp/reauthenticate/authorize', {})
  await browser.open(await visit(again.headers.location ?? ''))
  const started = await browser.post('/social/v1/google/link', { redirect_to: APP_PAGE })
  t.equal(started.statusCode, 303, started.body)
  const linked = await browser.open(await visit(started.headers.location ?? ''))
  t.equal(linked.headers.location, APP_PAGE, linked.body)
  const other = new Browser(app)
  await other.logIn('google')
  t.equal(await other.user(), user)
})

t.test('linking ends where its session has ended', async t => {
  const { app } = await withCorp(t)
  const browser = new Browser(app)
  await browser.logIn('corp')
  const again = await browser.post('/social/v1/corp/reauthenticate/authorize', {})
  await browser.open(await visit(again.headers.location ?? ''))
  const started = await browser.post('/social/v1/corp/link', {})
  const callback = await visit(started.headers.location ?? '')
  await call(app, 'DELETE', '/sessions/v1/', {
    headers: { ...OWN_PAGE, cookie: [...browser.cookies].map(pair => pair.join('=')).join('; ') },
  })
  const response = await call(app, 'GET', callback.pathname + callback.search, {
    headers: { cookie: [...browser.cookies].map(pair => pair.join('=')).join('; ') },
  })
  t.equal(codeOf(response), 'social-state-invalid')
})

t.test('a redirect to a provider does not use up the attempts of those who log in', async t => {
  const { app } = await withCorp(t, {}, { AUTH_RATE_LIMIT_MAX: '3' })
  const browser = new Browser(app)
  for (let i = 0; i < 5; i++) await browser.begin('corp')
  t.equal((await browser.logIn('corp')).statusCode, 303)
})
