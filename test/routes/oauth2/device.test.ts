// The device flow (RFC 8628 §5): codes that people type are short, so guessing them, and being talked into typing one, are the threats.
import t from 'tap'
import { application, browser, serve } from '../../support/oauth.ts'
import { outcome, post, statusOf } from '../../support/oauth-requests.ts'

const { app, issuer } = await serve(t)
const DEVICE = 'urn:ietf:params:oauth:grant-type:device_code'
const members = {
  redirect_uris: [],
  grant_types: [DEVICE, 'refresh_token'] as never[],
  token_endpoint_auth_method: 'none' as const,
  scope: 'openid offline_access films:read',
}
const tv = await application(app, { ...members, client_name: 'Television' })
const radio = await application(app, members)
const person = browser(issuer)
await person.signIn(app)

async function start(scope = 'openid offline_access films:read') {
  const answer = await post(tv, 'device_authorization', { scope })
  t.equal(outcome(answer), '200', answer.text)
  return answer.body as {
    device_code: string
    user_code: string
    verification_uri: string
    verification_uri_complete: string
    expires_in: number
  }
}

const poll = (device_code: string, client = tv) => post(client, 'token', { grant_type: DEVICE, device_code })
const xsrfIn = (page: string) => /name="xsrf" value="([^"]+)"/.exec(page)?.[1] ?? ''

/** Types a code into the page, as far as the question whether that is meant. */
async function type(user_code: string, of = person) {
  const xsrf = xsrfIn(await (await of.get('/oauth2/device')).text())
  const response = await of.post('/oauth2/device', { xsrf, user_code })
  const page = await response.text()
  return { status: response.status, page, xsrf: xsrfIn(page) || xsrf }
}

async function confirm(user_code: string, of = person) {
  const { xsrf } = await type(user_code, of)
  let step = await of.follow(await of.post('/oauth2/device', { xsrf, user_code, confirm: 'yes' }))
  if (step.page?.includes('value="allow"')) step = await of.follow(await of.post(step.url, { answer: 'allow' }))
  return step
}

t.test('a device gets tokens once its code is typed, confirmed and allowed, and gets them once', async t => {
  const { device_code, user_code, verification_uri } = await start()
  t.equal(verification_uri, `${issuer}/oauth2/device`)
  t.equal(outcome(await poll(device_code)), '400 authorization_pending')
  const { page } = await type(user_code)
  t.match(page, 'Television')
  t.match(page, user_code)
  t.equal(outcome(await poll(device_code)), '400 authorization_pending', 'typed is not confirmed')
  await confirm(user_code)
  const answer = await poll(device_code)
  t.equal(outcome(answer), '200')
  t.equal(await statusOf(issuer, '/films/v1/', String(answer.body.access_token)), 200)
  t.equal(outcome(await poll(device_code)), '400 invalid_grant')
  t.equal(
    await statusOf(issuer, '/films/v1/', String(answer.body.access_token)),
    401,
    'a replay ends what it was used for',
  )
})

t.test('threat: a device code is redeemed at once by many', async t => {
  const { device_code, user_code } = await start()
  await confirm(user_code)
  const outcomes = (await Promise.all(Array.from({ length: 5 }, () => poll(device_code)))).map(outcome)
  t.equal(outcomes.filter(each => each === '200').length, 1, outcomes.join())
})

t.test('threat: the code of another device', async t => {
  const { device_code, user_code } = await start()
  await confirm(user_code)
  t.equal(outcome(await poll(device_code, radio)), '400 invalid_grant')
  t.equal(outcome(await poll(user_code)), '400 invalid_grant')
  t.equal(outcome(await poll(device_code)), '200')
})

t.test('a user code is used once', async t => {
  const { user_code } = await start()
  await confirm(user_code)
  t.notMatch((await type(user_code)).page, 'name="confirm"')
})

t.test('who says no is not asked again', async t => {
  const { device_code, user_code } = await start()
  const { xsrf } = await type(user_code)
  await person.post('/oauth2/device', { xsrf, user_code, abort: 'yes' })
  t.equal(outcome(await poll(device_code)), '400 access_denied')
})

t.test('both codes expire', async t => {
  const { device_code, user_code, expires_in } = await start()
  t.ok(expires_in <= 600)
  await app.db
    .updateTable('oauth_records')
    .set({ expires_at: Date.now() - 1 })
    .where('model', '=', 'DeviceCode')
    .execute()
  t.match(outcome(await poll(device_code)), /^400 (expired_token|invalid_grant)$/)
  t.notMatch((await type(user_code)).page, 'name="confirm"')
})

t.test('threat: a foreign page confirms a code', async t => {
  const { device_code, user_code } = await start()
  const { xsrf } = await type(user_code)
  for (const [form, headers] of [
    [{ user_code, confirm: 'yes' }, { origin: issuer }],
    [{ user_code, confirm: 'yes', xsrf: 'x' }, { origin: issuer }],
    [
      { user_code, confirm: 'yes', xsrf },
      { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' },
    ],
    [
      { user_code, confirm: 'yes', xsrf },
      { origin: 'null', 'sec-fetch-site': 'cross-site' },
    ],
  ] as const) {
    const cookie = [...person.jar].map(([name, { value }]) => `${name}=${value}`).join('; ')
    await fetch(`${issuer}/oauth2/device`, {
      method: 'POST',
      body: new URLSearchParams(form as never),
      headers: { ...headers, cookie },
      redirect: 'manual',
    })
    t.equal(outcome(await poll(device_code)), '400 authorization_pending')
  }
  const other = browser(issuer)
  await other.signIn(app)
  await other.post('/oauth2/device', { user_code, confirm: 'yes', xsrf })
  t.equal(outcome(await poll(device_code)), '400 authorization_pending', 'in the browser of another')
})

t.test('threat: a link with the code in it is a click away from tokens: it asks first, too', async t => {
  const { device_code, verification_uri_complete, user_code } = await start()
  const response = await person.get(verification_uri_complete)
  const page = await response.text()
  t.equal(outcome(await poll(device_code)), '400 authorization_pending')
  // The page sends its form by itself, so its policy has to let it.
  const script = /<script>([\s\S]*?)<\/script>/.exec(page)?.[1]
  t.match(response.headers.get('content-security-policy'), script ? /script-src 'sha256-/ : /default-src 'none'/)
  t.match(page, user_code)
})

t.test('threat: user codes are guessed', async t => {
  const limited = await serve(t, { AUTH_RATE_LIMIT_MAX: '10' })
  const stranger = browser(limited.issuer)
  const xsrf = xsrfIn(await (await stranger.get('/oauth2/device')).text())
  const statuses: number[] = []
  for (let i = 0; i < 12; i++)
    statuses.push((await stranger.post('/oauth2/device', { xsrf, user_code: `BBBB-BBB${'BCDFGHJKLMNPQR'[i]}` })).status)
  t.same(statuses.slice(-2), [429, 429], statuses.join())
  const { user_code } = await start()
  t.match(user_code, /^[B-DF-HJ-NP-TV-Z]{4}-[B-DF-HJ-NP-TV-Z]{4}$/, '34 bits')
})

t.test('threat: markup in what is typed', async t => {
  const { page } = await type('"><script>alert(1)</script>')
  t.notMatch(page, '<script>alert')
})
