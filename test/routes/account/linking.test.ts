// Through a provider and back: linking it in the account, and authenticating again by it.
import type { FastifyInstance, LightMyRequestResponse } from 'fastify'
import t from 'tap'
import { insertLinkedLogin } from '#sql/linked-logins.ts'
import { findUserByEmail } from '#sql/users.ts'
import { build, PASSWORD, verifiedUser } from '../../support/app.ts'
import { signedInBrowser } from '../../support/console.ts'
import { enrolled, otpOf, steppingClock } from '../../support/mfa.ts'
import { OFFLINE_PROVIDER } from '../../support/providers/offline.ts'
import { visit } from '../../support/providers/visit.ts'
import { Browser, withCorp } from '../../support/social.ts'

steppingClock(t)
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
  t.match((await browser.open(back.headers.location ?? '')).body, /role="status">Sie öffnet jetzt Ihr Konto/)
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

t.test('with a second factor a linked provider alone is not enough: the page says so', async t => {
  const { user, secret } = await enrolled(app)
  const browser = await signedInBrowser(app, user, otpOf(secret))
  const id = (await findUserByEmail(app.db, user.email))?.id ?? 0
  const { issuer } = corp
  const identity = { provider: 'corp', issuer, subject: 'with-second-factor', email: null, name: null }
  await app.db.transaction().execute(tx => insertLinkedLogin(tx, id, identity))
  const { body } = await browser.open(REAUTHENTICATE)
  t.match(body, 'a linked provider alone is not enough')
  t.notMatch(body, BY_CORP)
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
  const victim = await byProviderOnly()
  const { body } = await victim.open(PAGE)
  const path = /href="([^"]+\/remove)"/.exec(body)?.[1] ?? ''
  const browser = await withPassword(app)
  t.equal((await browser.open(path)).statusCode, 404)
  t.equal((await browser.post(path, {})).statusCode, 404)
  t.match((await victim.open(PAGE)).body, path)
})
