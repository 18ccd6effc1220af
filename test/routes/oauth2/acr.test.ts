// Applications that ask for a second factor (RFC 9470, OpenID Connect Core §5.5.1.1): nobody gets past it, and whoever has none can set one up on the way.
import t from 'tap'
import { administrator, PASSWORD, verifiedUser } from '../../support/app.ts'
import { enrolled, otpOf, steppingClock } from '../../support/mfa.ts'
import { application, type Browser, browser, request, serve } from '../../support/oauth.ts'
import { claimsOf, outcome, post, redemption } from '../../support/oauth-requests.ts'

const clock = steppingClock(t)
const { app, issuer } = await serve(t)
const news = await application(app, { scope: 'openid email', first_party: true })

const essential = (acr: object) => JSON.stringify({ id_token: { acr: { essential: true, ...acr } } })
const STRONG = [
  { acr_values: 'aal2' },
  { acr_values: 'unknown aal2' },
  { claims: essential({ value: 'aal2' }) },
  { claims: essential({ values: ['aal2'] }) },
]

async function signedIn() {
  const person = browser(issuer)
  const user = await verifiedUser(app)
  await person.signIn(app, user)
  return { person, user }
}

async function ask(person: Browser, parameters: Record<string, string>) {
  const { url, checks } = await request(news, parameters)
  return { ...(await person.follow(await person.get(url))), verifier: checks.pkceCodeVerifier }
}

/** What the way ends with: how sure the login was, or the error. */
async function end(url: string, verifier: string): Promise<string> {
  const { searchParams } = new URL(url)
  const code = searchParams.get('code')
  if (!code) return String(searchParams.get('error'))
  const answer = await post(news, 'token', redemption({ code, verifier }))
  return answer.status === 200 ? String(claimsOf(String(answer.body.id_token)).acr) : outcome(answer)
}

const at = async (person: Browser, parameters: Record<string, string>) => {
  const { url, verifier } = await ask(person, parameters)
  return url.startsWith(issuer) ? new URL(url).pathname : end(url, verifier)
}

const sessionsOf = async (email: string) =>
  (
    await app.db
      .selectFrom('sessions')
      .innerJoin('users', 'users.id', 'sessions.user_id')
      .select('sessions.id')
      .where('users.email', '=', email)
      .where('client_id', '=', news.id)
      .execute()
  ).length

t.test('threat: a login by one factor passes for two', async t => {
  const { person, user } = await signedIn()
  for (const parameters of STRONG) {
    const { url, page } = await ask(person, parameters)
    t.match(page, 'your account has none', JSON.stringify(parameters))
    for (const answer of [await person.post(url, { answer: 'allow' })])
      t.notMatch((await person.follow(answer)).url, 'code=', 'allowing is no second factor')
    t.equal(await at(person, { ...parameters, prompt: 'none' }), 'login_required')
  }
  const { url } = await ask(person, { acr_values: 'aal2' })
  const resumed = await person.follow(await person.get(url.replace('/interaction/', '/authorize/')))
  t.match(resumed.page, 'your account has none', 'the question cannot be left out')
  t.equal(await sessionsOf(user.email), 0, 'and the application has no session before it is answered')
})

t.test('whoever has no second factor says so, and the application is told', async t => {
  const { person } = await signedIn()
  const { url, verifier } = await ask(person, { acr_values: 'aal2' })
  const away = await person.follow(await person.post(url, { answer: 'deny' }))
  t.equal(await end(away.url, verifier), 'unmet_authentication_requirements')
})

t.test('or sets one up, and goes on to the application with it', async t => {
  const { person } = await signedIn()
  const { page = '', verifier } = await ask(person, { acr_values: 'aal2' })
  const setUp = /href="([^"]*two-factor[^"]*)"/.exec(page)?.[1] ?? ''
  const linkTo = (page = '', name: string) => new RegExp(`(?:href|action)="([^"]*${name}[^"]*)"`).exec(page)?.[1] ?? ''
  const overview = await person.follow(await person.get(setUp))
  let step = await person.follow(await person.get(linkTo(overview.page, 'two-factor/totp')))
  step = await person.follow(await person.post(step.url, { password: PASSWORD }))
  step = await person.follow(await person.post(linkTo(step.page, 'totp/start'), {}))
  const secret = /secret=([A-Z2-7]+)/.exec(step.page ?? '')?.[1] ?? ''
  step = await person.follow(await person.post(linkTo(step.page, 'two-factor/totp'), { otp: otpOf(secret) }))
  step = await person.follow(await person.get(linkTo(step.page, '/signin\\?redirect_to')))
  t.match(step.url, '/account/reauthenticate', 'having one is not yet using it')
  t.match((await person.post(step.url, { password: PASSWORD })).status, 403)
  clock.forward(t)
  step = await person.follow(await person.post(step.url, { password: PASSWORD, otp: otpOf(secret) }))
  t.equal(await end(step.url, verifier), 'aal2')
  t.equal(await at(person, { acr_values: 'aal2', prompt: 'none' }), 'aal2', 'the next request asks nothing')
})

t.test('a login with a second factor is enough, for a weaker request too', async t => {
  const { user, secret } = await enrolled(app)
  const person = browser(issuer)
  const { page = '' } = await person.follow(await person.post('/signin', { ...user, remember: 'on' }))
  const mfa_token = /name="mfa_token" value="([^"]+)"/.exec(page)?.[1] ?? ''
  t.equal((await person.post('/signin/mfa', { mfa_token, otp: otpOf(secret), remember: 'on' })).status, 303)
  for (const parameters of [...STRONG, { acr_values: 'aal1' }, { claims: essential({ value: 'aal1' }) }])
    t.equal(await at(person, { ...parameters, prompt: 'none' }), 'aal2', JSON.stringify(parameters))
})

t.test('one factor is enough where one of the values says so, and for values that nobody knows', async t => {
  const { person } = await signedIn()
  for (const parameters of [
    { acr_values: 'aal2 aal1' },
    { acr_values: 'urn:mace:incommon:iap:silver' },
    { claims: essential({ value: 'aal1' }) },
    { claims: essential({}) },
    { claims: JSON.stringify({ id_token: { acr: null }, userinfo: { email: null } }) },
  ])
    t.equal(await at(person, { ...parameters, prompt: 'none' }), 'aal1', JSON.stringify(parameters))
})

t.test('what cannot be met, or read, is an error at once', async t => {
  const { person } = await signedIn()
  const errors = {
    [essential({ value: 'aal3' })]: 'unmet_authentication_requirements',
    [essential({ values: ['x', 1, null] })]: 'unmet_authentication_requirements',
    [essential({ values: 'aal2' })]: 'invalid_request',
    '{': 'invalid_request',
    '[]': 'invalid_request',
    '{"id_token":[]}': 'invalid_request',
  }
  for (const [claims, error] of Object.entries(errors)) t.equal(await at(person, { claims }), error, claims)
})

t.test('threat: the claims of one user are had from another', async t => {
  const { person } = await signedIn()
  const claims = JSON.stringify({ id_token: { sub: { value: '1', essential: true } } })
  t.equal(await at(person, { claims, prompt: 'none' }), 'login_required')
  t.match(await at(person, { claims }), '/oauth2/interaction/')
})

t.test('threat: an administrator who must have a second factor, and has none, signs in to an application', async t => {
  const { app, issuer } = await serve(t, { MFA_REQUIRED_FOR_ADMIN: 'true' })
  const news = await application(app, { scope: 'openid email', first_party: true })
  const person = browser(issuer)
  const { email } = await administrator(app)
  await person.signIn(app, { email, password: PASSWORD })
  const follow = async (parameters: Record<string, string>) => {
    const { url } = await request(news, parameters)
    return person.follow(await person.get(url))
  }
  t.match((await follow({})).page, 'your account has none')
  t.match((await follow({ prompt: 'none' })).url, 'error=login_required')
})
