// A login method is added by the account's own user alone, who has just authenticated again.
import type { FastifyInstance } from 'fastify'
import t from 'tap'
import { call, codeOf, logIn, PASSWORD, reauthenticated, verifiedUser } from '../../support/app.ts'
import { OWN_PAGE } from '../../support/cookies.ts'
import { visit } from '../../support/providers/visit.ts'
import { Browser, gained, withCorp } from '../../support/social.ts'

const CROSS_SITE = [
  { 'sec-fetch-site': 'cross-site' },
  { 'sec-fetch-site': 'same-site' },
  { 'sec-fetch-site': 'none' },
  { origin: 'https://evil.test' },
  { origin: 'null' },
]

/** A browser that is signed in by a password, and has just authenticated again. */
async function recentlyAuthenticated(app: FastifyInstance): Promise<Browser> {
  const browser = new Browser(app)
  await browser.post('/sessions/v1/', await verifiedUser(app))
  await browser.post('/account/reauthenticate', { password: PASSWORD })
  return browser
}

for (const path of ['link', 'reauthenticate/authorize'])
  t.test(`threat: what one session started at ${path} is completed in another, in the same browser`, async t => {
    const { app } = await withCorp(t)
    const browser = await recentlyAuthenticated(app)
    const started = await browser.post(`/social/v1/corp/${path}`, {})
    const callback = await visit(started.headers.location ?? '')
    const other = await recentlyAuthenticated(app)
    const name = app.sessionCookie.name
    browser.cookies.set(name, other.cookies.get(name) ?? '')
    const before = await gained(app)
    const response = await browser.open(callback)
    t.equal(response.statusCode, 400)
    t.match(response.body, 'started in another browser')
    t.same(await gained(app), before)
  })

t.test("threat: link CSRF, where another site starts to link the attacker's provider account", async t => {
  const { app } = await withCorp(t)
  const victim = new Browser(app)
  await victim.logIn('corp')
  const before = await gained(app)
  for (const headers of CROSS_SITE) {
    const response = await victim.post('/social/v1/corp/link', {}, headers)
    t.ok([400, 403].includes(response.statusCode), `${JSON.stringify(headers)}: ${response.statusCode}`)
    t.equal(response.headers.location, undefined)
  }
  t.same(await gained(app), before)
})

t.test('threat: a stolen session cookie alone links nothing', async t => {
  const { app } = await withCorp(t)
  const browser = new Browser(app)
  await browser.logIn('corp')
  const response = await browser.post('/social/v1/corp/link', {})
  t.equal(response.statusCode, 403)
  t.equal(response.headers.location, undefined)
})

t.test("threat: an attacker's callback for a link is opened in a victim's session", async t => {
  const { app, corp } = await withCorp(t)
  const victim = new Browser(app)
  await victim.logIn('corp')
  const user = await victim.user()
  corp.people.set('mallory', { email: 'mallory@evil.example', email_verified: true })
  corp.person = 'mallory'
  const attacker = await recentlyAuthenticated(app)
  const started = await attacker.post('/social/v1/corp/link', {})
  const callback = await visit(started.headers.location ?? '')
  const before = await gained(app)
  t.equal((await victim.open(callback)).statusCode, 400)
  t.equal(await victim.user(), user)
  t.same(await gained(app), before)
})

t.test('threat: a stolen token alone links nothing', async t => {
  const { app, corp } = await withCorp(t)
  const { token } = await logIn(app)
  const payload = { id_token: corp.issue({ nonce: 'the-nonce' }), nonce: 'the-nonce' }
  const stolen = await call(app, 'POST', '/social/v1/corp', { token, payload })
  t.equal(codeOf(stolen), 'reauthentication-required')
  t.equal((await gained(app)).logins, 0)
})

t.test('threat: an invalid token is not ignored, which would log in instead of linking', async t => {
  const { app, corp } = await withCorp(t)
  const payload = { id_token: corp.issue({ nonce: 'the-nonce' }), nonce: 'the-nonce' }
  const response = await call(app, 'POST', '/social/v1/corp', { token: 'invalid', payload })
  t.equal(response.statusCode, 401)
  t.same(await gained(app), { users: 0, sessions: 0, logins: 0 })
})

t.test('threat: an identity that belongs to somebody else is not moved', async t => {
  const { app, corp } = await withCorp(t)
  const owner = new Browser(app)
  await owner.logIn('corp')
  const { token } = await reauthenticated(app, await logIn(app))
  const payload = { id_token: corp.issue({ nonce: 'the-nonce' }), nonce: 'the-nonce' }
  t.equal(codeOf(await call(app, 'POST', '/social/v1/corp', { token, payload })), 'login-method-taken')
  const again = new Browser(app)
  await again.logIn('corp')
  t.equal(await again.user(), await owner.user())
})

t.test('threat: no login by a form of another site', async t => {
  const { app, corp } = await withCorp(t)
  const payload = { id_token: corp.issue({ nonce: 'the-nonce' }), nonce: 'the-nonce' }
  const headers = { ...OWN_PAGE, 'sec-fetch-site': 'cross-site' }
  const response = await call(app, 'POST', '/social/v1/corp', { payload, headers })
  t.equal(response.headers['set-cookie'], undefined, 'tokens are for its caller, never a cookie')
})
