// The provider's questions to people: consent that is stolen or forged (RFC 9700 §4.7, §4.16), and who is asked what.
import { randomUUIDv7 } from 'node:crypto'
import t from 'tap'
import { PASSWORD, verifiedUser } from '../../support/app.ts'
import { application, type Browser, browser, CALLBACK, request, serve } from '../../support/oauth.ts'
import { authorize, claimsOf, outcome, post, redemption, tokensFor } from '../../support/oauth-requests.ts'
import { until } from '../../support/until.ts'

const { app, issuer } = await serve(t)
const news = await application(app, { scope: 'openid email' })
const trusted = await application(app, { scope: 'openid email', first_party: true })

async function signedIn() {
  const person = browser(issuer)
  const user = await verifiedUser(app)
  await person.signIn(app, user)
  return { person, user }
}

/** As far as the question that a request leads to. */
async function ask(person: Browser, parameters: Record<string, string> = {}, of = news) {
  const { url } = await request(of, parameters)
  return person.follow(await person.get(url))
}

/** The error that a request leads to at once, without a question. */
async function silently(person: Browser, parameters: Record<string, string>, of = news) {
  const { headers } = await person.get((await request(of, { prompt: 'none', ...parameters })).url)
  const { searchParams } = new URL(headers.get('location') ?? issuer, issuer)
  return searchParams.get('error') ?? (searchParams.has('code') ? 'code' : headers.get('location'))
}

const cookiesOf = ({ jar }: Browser) => [...jar].map(([name, { value }]) => `${name}=${value}`).join('; ')
/** The service compares times in seconds. */
function nextSecond(): Promise<unknown> {
  const second = Math.floor(Date.now() / 1000)
  return until(() => Date.now() / 1000 >= second + 1)
}

const grantsOf = async (client: string) =>
  (await app.db.selectFrom('sessions').select('id').where('client_id', '=', client).execute()).length

t.test('threat: a foreign site consents for the user', async t => {
  const { person } = await signedIn()
  const { url } = await ask(person)
  const before = await grantsOf(news.id)
  const cookie = cookiesOf(person)
  for (const headers of [
    { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' },
    { origin: 'https://evil.example' },
    { origin: 'null', 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'same-site', origin: 'http://evil.127.0.0.1' },
  ]) {
    const response = await fetch(url, {
      method: 'POST',
      body: new URLSearchParams({ answer: 'allow' }),
      headers: { ...headers, cookie } as Record<string, string>,
      redirect: 'manual',
    })
    t.equal(response.status, 403)
  }
  t.equal(
    (await fetch(`${url}?answer=allow`, { headers: { cookie }, redirect: 'manual' })).headers.get('location'),
    null,
  )
  t.equal(await grantsOf(news.id), before)
})

t.test('threat: a page of ours is framed, so that a click on another consents', async t => {
  const { person } = await signedIn()
  for (const { response } of [
    await ask(person),
    await person.follow(await person.get('/oauth2/device')),
    await person.follow(await person.get('/oauth2/authorize')),
  ]) {
    t.match(response.headers.get('content-security-policy'), "frame-ancestors 'none'")
    t.equal(response.headers.get('x-frame-options'), 'DENY')
  }
})

t.test('threat: another browser answers the question, or is made to', async t => {
  const [{ person: owner }, { person: thief }] = [await signedIn(), await signedIn()]
  const { url } = await ask(owner)
  const uid = new URL(url).pathname
  t.equal((await thief.get(uid)).status, 404)
  t.equal((await thief.post(uid, { answer: 'allow' })).status, 404)
  const resume = uid.replace('/interaction/', '/authorize/')
  t.match((await thief.follow(await thief.get(resume))).response.status, 400)
  const forced = browser(issuer)
  for (const [name, value] of owner.jar) if (name.includes('interaction')) forced.jar.set(name, value)
  t.not(
    (await forced.post(uid, { answer: 'allow' })).headers.get('location')?.startsWith(CALLBACK),
    true,
    'without being signed in',
  )
  t.equal((await browser(issuer).get('/oauth2/interaction/unknown')).status, 404)
})

t.test('threat: a question outlives the login that it was asked in', async t => {
  const { person } = await signedIn()
  const { url } = await ask(person)
  await app.db.updateTable('sessions').set({ revoked_at: Date.now() }).where('client_id', 'is', null).execute()
  for (const { id } of await app.db.selectFrom('sessions').select('id').execute())
    await app.revocations.publish(id, Infinity)
  const response = await person.post(url, { answer: 'allow' })
  t.not(response.headers.get('location')?.includes('/oauth2/authorize/'), true, `${response.status}`)
  t.match((await person.get(url)).headers.get('location'), '/signin')
})

t.test('threat: somebody else signs in before the question is answered: it is asked again, of them', async t => {
  const { person } = await signedIn()
  const other = await verifiedUser(app)
  const { url } = await ask(person)
  await person.post('/signout', {})
  await person.signIn(app, other)
  const before = await grantsOf(news.id)
  const response = await person.post(url, { answer: 'allow' })
  t.match(response.headers.get('location'), /\/oauth2\/authorize\?/)
  t.equal(await grantsOf(news.id), before)
  const step = await person.follow(response)
  t.match(step.page, other.email)
})

t.test('threat: consent is given to the question who somebody is', async t => {
  const { person } = await signedIn()
  const step = await person.get((await request(news, { prompt: 'login' })).url)
  const url = step.headers.get('location') ?? ''
  const before = await grantsOf(news.id)
  const away = await person.follow(await person.post(url, { answer: 'allow' }))
  t.match(away.url, 'error=login_required')
  t.equal(await grantsOf(news.id), before)
})

t.test('an answer is given once', async t => {
  const { person } = await signedIn()
  const { url } = await ask(person)
  const allowed = await person.follow(await person.post(url, { answer: 'allow' }))
  t.ok(new URL(allowed.url).searchParams.get('code'))
  t.equal((await person.post(url, { answer: 'allow' })).status, 404)
})

t.test('whoever says no leads the application to access_denied, with its state and our name', async t => {
  const { person } = await signedIn()
  const { url } = await ask(person, { state: 'the state' })
  const denied = await person.follow(await person.post(url, { answer: 'deny' }))
  t.match(Object.fromEntries(new URL(denied.url).searchParams), {
    error: 'access_denied',
    state: 'the state',
    iss: issuer,
  })
})

t.test('without a question there is no code for what was not allowed (prompt=none)', async t => {
  t.equal(await silently(browser(issuer), {}), 'login_required')
  const { person } = await signedIn()
  t.match(await silently(person, {}), /^(consent|interaction)_required$/)
  t.equal(await silently(person, {}, trusted), 'code', 'a first-party application needs no consent')
  await tokensFor(person, news)
  t.equal(await silently(person, {}), 'code')
  t.equal(await silently(person, { max_age: '0' }), 'login_required')
  t.equal(await silently(person, { prompt: 'none login' }), 'invalid_request')
  t.equal(await silently(person, { prompt: 'unknown' }), 'invalid_request')
  for (const max_age of ['-1', 'x', '1.5', '99999999999999999999'])
    t.equal(await silently(person, { max_age }), 'invalid_request', max_age)
})

const native = await application(app, {
  scope: 'openid email',
  first_party: true,
  application_type: 'native',
  token_endpoint_auth_method: 'none',
})
for (const [what, client, parameters] of [
  ['that asks for consent', trusted, { prompt: 'consent' }],
  ['on a device', native, {}],
] as const)
  t.test(`an application of our own ${what} is allowed no more before its user says so`, async t => {
    const { person } = await signedIn()
    const { id_token } = await tokensFor(person, client, { scope: 'openid', ...parameters })
    const sid = String(claimsOf(id_token).sid)
    const scopes = async () => (await app.grantedScopes([sid])).get(sid)
    const { url } = await ask(person, parameters, client)
    t.same(await scopes(), ['openid'])
    await person.follow(await person.post(url, { answer: 'deny' }))
    t.same(await scopes(), ['openid'], 'nor after a no')
    const again = await ask(person, parameters, client)
    await person.follow(await person.post(again.url, { answer: 'allow' }))
    t.same(await scopes(), ['openid', 'email'])
  })

t.test('consent holds as long as any session has it, however many the application opened since', async t => {
  const { person, user } = await signedIn()
  const { id_token } = await tokensFor(person, news)
  const first = app.db
    .selectFrom('sessions')
    .selectAll()
    .where('id', '=', String(claimsOf(id_token).sid))
  const session = await first.executeTakeFirstOrThrow()
  const newer = Array.from({ length: 30 }, () => ({ ...session, id: randomUUIDv7() }))
  await app.db.insertInto('sessions').values(newer).execute()
  const elsewhere = browser(issuer)
  await elsewhere.signIn(app, user)
  t.equal(await silently(elsewhere, {}), 'code')
  t.match(await silently(elsewhere, { scope: 'openid' }), 'code')
})

for (const parameters of [{ prompt: 'login' }, { max_age: '0' }])
  t.test(`whoever is signed in has to authenticate again for ${JSON.stringify(parameters)}`, async t => {
    const { person } = await signedIn()
    await tokensFor(person, news)
    await nextSecond()
    const { url, checks } = await request(news, parameters)
    let step = await person.follow(await person.get(url))
    t.match(step.url, '/account/reauthenticate')
    const response = await person.post(step.url, { password: PASSWORD })
    step = await person.follow(response)
    const code = new URL(step.url).searchParams.get('code') ?? ''
    const answer = await post(news, 'token', redemption({ code, verifier: checks.pkceCodeVerifier }))
    t.equal(outcome(answer), '200')
    const { auth_time } = claimsOf(String(answer.body.id_token))
    t.ok(Number(auth_time) > Date.now() / 1000 - 30)
  })

t.test('select_account asks, and skips no login that is asked for too', async t => {
  const { person, user } = await signedIn()
  await tokensFor(person, news)
  const chosen = await ask(person, { prompt: 'select_account' })
  t.match(chosen.page, user.email)
  const step = await person.follow(await person.post(chosen.url, { answer: 'allow' }))
  t.ok(new URL(step.url).searchParams.get('code'))
  await nextSecond()
  const both = await ask(person, { prompt: 'select_account login' })
  const after = await person.follow(await person.post(both.url, { answer: 'allow' }))
  t.match(after.url, '/account/reauthenticate')
})

t.test(
  'whoever has to sign in is told for which application, with a wrong password too, and in their language',
  async t => {
    const { url } = await request(news)
    const person = browser(issuer)
    const signin = await person.follow(await person.get(url))
    t.match(signin.page, 'Holonet News asks you to sign in.')
    const wrong = await person.post(signin.url, { email: 'nobody@alderaan.example', password: PASSWORD })
    t.match(await wrong.text(), 'Holonet News asks you to sign in.')
    t.match(await (await person.get(`${signin.url}&lang=de`)).text(), 'Holonet News bittet Sie, sich anzumelden.')
    t.match(await (await person.get(`${signin.url}&lang=es`)).text(), 'Holonet News le pide que inicie sesión.')
    for (const target of ['/oauth2/interaction/unknown', '/account'])
      t.notMatch(await (await person.get(`/signin?redirect_to=${target}`)).text(), 'asks you to sign in')
  },
)

t.test('who is asked for consent can use another account: this one is signed out', async t => {
  const [{ person }, other] = [await signedIn(), await verifiedUser(app)]
  const question = await ask(person)
  t.match(question.page, 'Use another account')
  const signin = await person.follow(await person.post(question.url, { answer: 'other' }))
  t.match(signin.page, 'Holonet News asks you to sign in.')
  const again = await person.follow(await person.post(signin.url, { email: other.email, password: PASSWORD }))
  t.match(again.page, `You are signed in as ${other.email}.`)
  const { searchParams } = new URL((await person.follow(await person.post(again.url, { answer: 'allow' }))).url)
  t.ok(searchParams.get('code'))
})

t.test('threat: an application that asks for one user gets another', async t => {
  const [{ person: first }, { person: second, user }] = [await signedIn(), await signedIn()]
  const { id_token } = await tokensFor(first, news)
  await tokensFor(second, news)
  t.equal(await silently(second, { id_token_hint: id_token }), 'login_required')
  t.equal(await silently(first, { id_token_hint: id_token }), 'code')
  const step = await ask(second, { id_token_hint: id_token })
  t.match(step.page, user.email, 'is asked whether to use another account, and does not go round in circles')
  const refused = await second.follow(await second.post(step.url, { answer: 'allow' }))
  t.match(refused.url, 'error=login_required')
})

t.test(
  'threat: somebody is signed in to the account of another (login CSRF): answers go back to the state that asked',
  async t => {
    const { person } = await signedIn()
    const response = await authorize(person, (await request(news, { state: 'bound to the browser' })).url)
    t.equal(response.get('state'), 'bound to the browser')
  },
)

t.test('the provider’s cookies are for it alone, out of the reach of scripts, and signed', async t => {
  const person = browser(issuer)
  await person.signIn(app)
  const response = await person.get((await request(news)).url)
  const lines = response.headers.getSetCookie()
  t.ok(lines.length >= 4)
  for (const line of lines) {
    t.match(line, /^holocron-oauth/)
    t.match(line, /; path=\/oauth2/i)
    t.match(line, /; httponly/i)
    t.match(line, /; samesite=lax/i)
    t.notMatch(line, /; domain/i)
  }
  const [name, cookie] = [...person.jar].find(([name]) => name === 'holocron-oauth') ?? []
  t.ok(name && cookie)
  for (const [each, value] of person.jar)
    if (each.startsWith('holocron-oauth-interaction') && !each.endsWith('.sig'))
      person.jar.set(each, { ...value, value: `${value.value}x` })
  t.equal((await person.get(response.headers.get('location') ?? '')).status, 404, 'a changed cookie is none')
})
