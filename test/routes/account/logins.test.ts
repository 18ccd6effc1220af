// The section of the account that lists the ways to sign in, and links and removes them.
import t from 'tap'
import { logIn, PASSWORD, verifiedUser } from '../../support/app.ts'
import { type SignedInBrowser, signedInBrowser } from '../../support/console.ts'
import { setCookie } from '../../support/cookies.ts'
import { buildWithProvider, identity, linkTo } from '../../support/linked-logins.ts'

const app = await buildWithProvider(t)

const PAGE = '/account/logins'

/** Somebody with a password and GitHub, who has just authenticated again. */
async function linked(): Promise<SignedInBrowser> {
  const user = await verifiedUser(app)
  await linkTo(app, await logIn(app, user), identity({ email: 'leia@github.example', emailVerified: false }))
  const browser = await signedInBrowser(app, user)
  await browser.reauthenticate({ password: PASSWORD })
  return browser
}

const removalOf = (body: string) => /href="(\/account\/logins\/[0-9a-f-]{36}\/remove)"/.exec(body)?.[1] ?? ''

t.test('the page lists each way, and offers the providers that are not linked', async t => {
  const browser = await signedInBrowser(app)
  const { body } = await browser.open(PAGE)
  t.match(body, '<bdi>Password</bdi>')
  t.match(body, `action="${PAGE}/link/github"`)
  t.match(body, 'Link GitHub')
  const other = await (await linked()).open(PAGE)
  t.match(other.body, '<bdi>GitHub</bdi>')
  t.match(other.body, 'leia@github.example')
  t.notMatch(other.body, 'Link GitHub')
})

t.test(
  'to link a provider one authenticates again, and is taken there by a page, which no form policy holds up',
  async t => {
    const browser = await signedInBrowser(app)
    const before = await browser.submit(`${PAGE}/link/github`, {}, PAGE)
    t.equal(before.headers.location, `/account/reauthenticate?redirect_to=${encodeURIComponent(PAGE)}`)
    await browser.reauthenticate()
    const away = await browser.submit(`${PAGE}/link/github`, {}, PAGE)
    t.equal(away.statusCode, 200)
    t.match(away.body, /<meta http-equiv="refresh" content="0; url=https:\/\/github\.com\/login\/oauth\/authorize\?/)
    t.match(setCookie(away), 'HttpOnly')
    t.equal((await browser.submit(`${PAGE}/link/nobody`, {}, PAGE)).statusCode, 404)
  },
)

t.test('a linked provider is removed after a question', async t => {
  const browser = await linked()
  const removal = removalOf((await browser.open(PAGE)).body)
  t.match((await browser.open(removal)).body, 'Remove GitHub?')
  const removed = await browser.submit(removal)
  t.equal(removed.headers.location, `${PAGE}?done=removed`)
  t.notMatch((await browser.open(PAGE)).body, '<bdi>GitHub</bdi>')
})

const ONLY = 'This is the only way to sign in to your account'

t.test('the last way in stays, and the page says why', async t => {
  const browser = await signedInBrowser(app)
  await browser.reauthenticate()
  const page = await browser.submit(`${PAGE}/password/remove`)
  t.equal(page.statusCode, 400)
  t.match(page.body, ONLY)
})

t.test('the last way in has no button that removes it, but the reason', async t => {
  const browser = await signedInBrowser(app)
  await browser.reauthenticate()
  for (const path of [PAGE, `${PAGE}/password/remove`]) {
    const { body } = await browser.open(path)
    t.match(body, ONLY)
    t.notMatch(body, 'password/remove"')
  }
  const other = await linked()
  const { body } = await other.open(PAGE)
  t.notMatch(body, ONLY)
  t.match(body, 'password/remove"')
})

t.test('the question names what is removed, and so does the page afterwards', async t => {
  const browser = await linked()
  t.match((await browser.open(`${PAGE}/password/remove`)).body, 'Remove your password?')
  const removed = await browser.submit(`${PAGE}/password/remove`)
  t.match((await browser.open(removed.headers.location ?? '')).body, /role="status"[^<]*>Your password is removed/)
  t.match((await browser.open(PAGE)).body, ONLY, 'GitHub is the last one now')
  const factors = await browser.open('/account/two-factor')
  t.match(factors.body, 'Recovery codes open an account together with its password, and yours has none.')
  t.notMatch(factors.body, 'You get ten of them')
})

t.test('without a recent authentication nothing is removed', async t => {
  const browser = await signedInBrowser(app, (await linked()).user)
  const removal = removalOf((await browser.open(PAGE)).body)
  t.match((await browser.submit(removal, {}, PAGE)).headers.location, '/account/reauthenticate')
  t.match((await browser.open(PAGE)).body, '<bdi>GitHub</bdi>')
})

t.test('a linked provider is offered as proof, unless a second factor is needed', async t => {
  const browser = await linked()
  const { body } = await browser.open(`/account/reauthenticate?redirect_to=${PAGE}`)
  t.match(body, 'Continue with GitHub')
  const away = await browser.submit(`/account/reauthenticate/provider/github?redirect_to=${PAGE}`)
  t.match(away.body, 'http-equiv="refresh"')
  await app.db.updateTable('users').set({ mfa_enabled: 1 }).where('email', '=', browser.user.email).execute()
  t.notMatch((await browser.open('/account/reauthenticate')).body, 'Continue with GitHub')
})

t.test(
  'a link that an earlier issuer of the same name left is no proof, and does not stand in the way of a new one',
  async t => {
    const user = await verifiedUser(app)
    await linkTo(app, await logIn(app, user), identity({ issuer: 'https://github.example' }))
    const browser = await signedInBrowser(app, user)
    t.match((await browser.open(PAGE)).body, 'Link GitHub')
    t.notMatch((await browser.open('/account/reauthenticate')).body, 'Continue with GitHub')
  },
)
