// Through a provider and back: linking it in the account, and authenticating again by it.
import type { FastifyInstance, LightMyRequestResponse } from 'fastify'
import t from 'tap'
import { NO_PASSWORD } from '#sql/users.ts'
import { build, PASSWORD, verifiedUser } from '../../support/app.ts'
import { signedInBrowser } from '../../support/console.ts'
import { enrolled, otpOf, steppingClock, wrongOtp } from '../../support/mfa.ts'
import { OFFLINE_PROVIDER } from '../../support/providers/offline.ts'
import { visit } from '../../support/providers/visit.ts'
import { Browser, linkedTo, withCorp } from '../../support/social.ts'

const clock = steppingClock(t)
const { app, corp } = await withCorp(t)

const PAGE = '/account/logins'
const LINK = `${PAGE}/link/corp`
const REAUTHENTICATE = '/account/reauthenticate'
const BY_CORP = `${REAUTHENTICATE}/provider/corp`

let people = 0

/** Somebody who is logged in at the provider. */
function person(details: object = {}): void {
  corp.person = `person-${++people}`
  corp.people.set(corp.person, { name: 'Leia Organa', email: `${corp.person}@corp.example`, ...details })
}

/** A browser that is signed in by a password, and has proved it again. */
async function withPassword(app: FastifyInstance): Promise<Browser> {
  const browser = new Browser(app)
  await browser.post('/sessions/v1/', await verifiedUser(app))
  await browser.post(REAUTHENTICATE, { password: PASSWORD })
  return browser
}

/** A browser whose user signed up by the provider: that is the only way into the account. */
async function byProviderOnly(): Promise<Browser> {
  const browser = new Browser(app)
  person({ email_verified: true })
  await browser.logIn('corp')
  return browser
}

/** From the page that leads on, to the provider, and to what its callback shows. */
async function throughProvider(browser: Browser, { body }: LightMyRequestResponse) {
  const url = /content="0; url=([^"]+)"/.exec(body)?.[1]
  if (!url) throw new Error(`leads nowhere: ${body}`)
  return browser.open(await visit(url.replaceAll('&amp;', '&')))
}

t.test('a provider is linked, and the page says so in the language of the form', async t => {
  const browser = await withPassword(app)
  person()
  const back = await throughProvider(browser, await browser.post(`${LINK}?lang=de`, {}))
  t.equal(back.headers.location, `${PAGE}?lang=de&done=linked`)
  t.match((await browser.open(back.headers.location ?? '')).body, /role="status">Der Anbieter öffnet jetzt Ihr Konto/)
})

t.test('it leads on below a path, too', async t => {
  const env = { ...OFFLINE_PROVIDER, PUBLIC_URL: 'http://holocron.test/auth' }
  const browser = await signedInBrowser(await build(t, env))
  await browser.reauthenticate()
  const response = await browser.submit(`${PAGE}/link/github`)
  t.equal(response.statusCode, 200, response.body)
})

t.test('without a password, the linked provider proves who it is, and leads on', async t => {
  const browser = await byProviderOnly()
  const back = await throughProvider(browser, await browser.post(`${BY_CORP}?redirect_to=/account/email`, {}))
  t.equal(back.headers.location, '/account/email')
  t.equal((await browser.open('/account/email')).statusCode, 200)
})

t.test('an identity that somebody else has is not linked; the page after it does not say that it is', async t => {
  await byProviderOnly()
  const browser = await withPassword(app)
  const back = await throughProvider(browser, await browser.post(LINK, {}))
  t.equal(back.statusCode, 409)
  t.match(back.body, 'belongs to another user already')
  t.notMatch(back.body, /done(=|%3D)/)
})

t.test('what failed leads back to where it was started, not to the sign-in page', async t => {
  await byProviderOnly()
  const browser = await withPassword(app)
  const linking = await throughProvider(browser, await browser.post(LINK, {}))
  const proving = await throughProvider(browser, await browser.post(`${BY_CORP}?redirect_to=/account/email`, {}))
  for (const [failed, start] of [
    [linking, PAGE],
    [proving, '/account/email'],
  ] as const) {
    t.match(failed.body, `<a href="${start}">Go back</a>`)
    t.notMatch(failed.body, 'href="/signin')
  }
})

/** A browser whose user has an authenticator app and a linked provider, and no password. */
async function withSecondFactor() {
  const { user, ...factors } = await enrolled(app)
  const signedIn = await signedInBrowser(app, user, otpOf(factors.secret))
  person()
  await linkedTo(app, corp, user.email, corp.person)
  const withoutPassword = app.db.updateTable('users').set({ password_hash: NO_PASSWORD })
  await withoutPassword.where('email', '=', user.email).execute()
  const browser = new Browser(app)
  browser.cookies.set(app.sessionCookie.name, signedIn.cookie())
  return { browser, ...factors }
}

const isRecent = async (browser: Browser) => (await browser.open('/account/email')).statusCode === 200

t.test('with a second factor, the page asks for it when the provider has confirmed the first', async t => {
  for (const factor of ['otp', 'recovery_code'] as const) {
    const { browser, secret, recovery_codes } = await withSecondFactor()
    const offered = await browser.open(`${REAUTHENTICATE}?redirect_to=/account/email`)
    t.match(offered.body, BY_CORP)
    t.notMatch(offered.body, /name="otp"|href="\/forgot"/)
    const away = await browser.post(`${BY_CORP}?redirect_to=/account/email&lang=de`, {})
    const { headers } = await throughProvider(browser, away)
    t.equal(headers.location, `${REAUTHENTICATE}?redirect_to=%2Faccount%2Femail&provider=corp&lang=de`)
    t.notOk(await isRecent(browser), 'one factor proves nothing')

    const page = `${headers.location}&factor=${factor}`.replace('&factor=otp', '')
    const asked = await browser.open(page)
    t.match(asked.body, 'Bei corp haben Sie sich ausgewiesen')
    t.match(asked.body, `name="${factor}"`)
    t.notMatch(asked.body, 'name="password"')
    const wrong = { otp: wrongOtp(secret), recovery_code: 'AAAA-AAAA-AAAA-AAAA' }
    const again = await browser.post(page, { [factor]: wrong[factor] })
    t.match(again.body, `name="${factor}"`, 'a mistyped one does not lose the provider')
    t.notOk(await isRecent(browser))
    clock.forward(t)
    const right = { otp: otpOf(secret), recovery_code: recovery_codes[0] }
    const done = await browser.post(page, { [factor]: right[factor] })
    t.equal(done.headers.location, '/account/email', done.body)
    t.ok(await isRecent(browser))
  }
})

t.test(
  'threat: the second factor without the provider, or with what another session proved, or used before',
  async t => {
    const { browser, secret } = await withSecondFactor()
    const page = `${REAUTHENTICATE}?provider=corp`
    clock.forward(t)
    const otp = otpOf(secret)
    t.match((await browser.post(page, { otp })).body, 'Start again')
    t.equal((await browser.post(REAUTHENTICATE, { otp })).statusCode, 403)
    await throughProvider(browser, await browser.post(BY_CORP, {}))
    const [proof = ''] = [...browser.cookies.keys()].filter(name => name.endsWith('-proof'))
    const value = browser.cookies.get(proof) ?? ''
    const other = (await withSecondFactor()).browser
    other.cookies.set(proof, value)
    t.match((await other.post(page, { otp: otpOf(secret) })).body, 'Start again')

    t.equal((await browser.post(`${REAUTHENTICATE}?provider=github`, { otp })).statusCode, 400, 'another provider')
    t.equal((await browser.post(page, { otp })).statusCode, 303)
    t.notOk(browser.cookies.get(proof), 'it is gone')
    browser.cookies.set(proof, value)
    clock.forward(t)
    t.match((await browser.post(page, { otp: otpOf(secret) })).body, 'Start again')
  },
)

t.test('threat: with a second factor too, somebody else at the provider', async t => {
  const { browser } = await withSecondFactor()
  person()
  const back = await throughProvider(browser, await browser.post(BY_CORP, {}))
  t.equal(back.statusCode, 404)
  t.match(back.body, 'This account of the provider is not linked to yours')
})

t.test('threat: somebody else at the provider authenticates again', async t => {
  const browser = await byProviderOnly()
  person({ email_verified: true })
  const back = await throughProvider(browser, await browser.post(BY_CORP, {}))
  t.equal(back.statusCode, 404)
  t.match(back.body, 'This account of the provider is not linked to yours')
  t.match((await browser.post(LINK, {})).headers.location, REAUTHENTICATE)
})

t.test('threat: another site sends the forms', async t => {
  const browser = await withPassword(app)
  for (const path of [LINK, BY_CORP]) {
    const response = await browser.post(path, {}, { 'sec-fetch-site': 'cross-site' })
    t.equal(response.statusCode, 403, path)
    t.notMatch(response.body, 'http-equiv="refresh"')
  }
})

t.test("threat: somebody else's linked provider", async t => {
  const victim = await withPassword(app)
  person()
  await throughProvider(victim, await victim.post(LINK, {}))
  const { body } = await victim.open(PAGE)
  const path = [...body.matchAll(/href="([^"]+\/remove)"/g)].at(-1)?.[1] ?? ''
  const browser = await withPassword(app)
  t.equal((await browser.open(path)).statusCode, 404)
  t.equal((await browser.post(path, {})).statusCode, 404)
  t.match((await victim.open(PAGE)).body, path)
})
