// Authorization codes that are stolen, injected or taken to another provider (RFC 9700 §4.4, §4.5, RFC 7636, RFC 9207).
import { createHash, randomBytes } from 'node:crypto'
import type { FastifyInstance } from 'fastify'
import t from 'tap'
import { build, call, codeOf } from '../../support/app.ts'
import { ORIGIN } from '../../support/cookies.ts'
import { visit } from '../../support/providers/visit.ts'
import { APP_CALLBACK, Browser, gained, NOTHING, withAll, withCorp } from '../../support/social.ts'

const APP_SETTINGS = { REDIRECT_URLS: `https://app.example/after-login,${APP_CALLBACK}` }

/** What an application does itself: its own redirect to the provider, and the code that comes back. */
async function codeOfApplication(issuer: { issuer: string; clientId: string }, changes: Record<string, string> = {}) {
  const code_verifier = randomBytes(32).toString('base64url')
  const authorize = new URL(`${issuer.issuer}/auth`)
  authorize.search = new URLSearchParams({
    client_id: issuer.clientId,
    response_type: 'code',
    scope: 'openid email profile',
    redirect_uri: APP_CALLBACK,
    code_challenge: createHash('sha256').update(code_verifier).digest('base64url'),
    code_challenge_method: 'S256',
    ...changes,
  }).toString()
  const callback = await visit(authorize.href)
  return { code: callback.searchParams.get('code') ?? '', redirect_uri: APP_CALLBACK, code_verifier }
}

const post = (app: FastifyInstance, payload: object, provider = 'corp') =>
  call(app, 'POST', `/social/v1/${provider}`, { payload })

t.test('an application logs in with a code', async t => {
  const { app, corp } = await withCorp(t, {}, APP_SETTINGS)
  const response = await post(app, await codeOfApplication(corp))
  t.equal(response.statusCode, 200, response.body)
  t.match(response.json(), { token: /./, refresh_token: /./ })
})

t.test('threat: a code with a wrong verifier, another redirect URI, or none', async t => {
  const { app, corp } = await withCorp(t, {}, APP_SETTINGS)
  for (const change of [
    { code_verifier: randomBytes(32).toString('base64url') },
    { code_verifier: '' },
    { redirect_uri: 'https://evil.test/callback' },
    { redirect_uri: 'http://holocron.test/social/v1/corp/callback' },
    { code: 'x'.repeat(43) },
  ]) {
    const { statusCode, body } = await post(app, { ...(await codeOfApplication(corp)), ...change })
    t.ok(statusCode >= 400 && statusCode < 500, `${JSON.stringify(change)}: ${statusCode} ${body}`)
  }
  t.same(await gained(app), NOTHING)
})

t.test('threat: twenty at once use one code, on two instances', async t => {
  const { app, corp, env } = await withCorp(t, {}, APP_SETTINGS)
  const other = await build(t, env)
  const payload = await codeOfApplication(corp)
  const responses = await Promise.all(Array.from({ length: 20 }, (_, i) => post(i % 2 ? app : other, payload)))
  t.ok(responses.filter(({ statusCode }) => statusCode === 200).length <= 1)
  const after = await gained(app)
  t.ok(after.users <= 1 && after.sessions <= 1, JSON.stringify(after))
})

t.test('threat: a code that leaked from our own callback, posted with any spelling of that callback', async t => {
  const { app } = await withAll(t)
  const callback = `${ORIGIN}/social/v1/linkedin/callback`
  const { host } = new URL(callback)
  const spellings = [
    callback,
    callback.replace('http', 'HTTP'),
    callback.replace(host, host.toUpperCase()),
    callback.replace(host, `${host}:80`),
    callback.replace('/social/', '/./social/'),
    callback.replace('/social/', '/x/../social/'),
    callback.replace('/social/', '/x/%2e%2e/social/'),
  ]
  for (const redirect_uri of spellings) {
    // LinkedIn has neither PKCE nor nonce: nothing else ties its code to the browser.
    const code = (await new Browser(app).callback('linkedin')).searchParams.get('code')
    const response = await post(app, { code, redirect_uri }, 'linkedin')
    t.equal(codeOf(response), 'social-state-invalid', `${redirect_uri}: ${response.body}`)
    const payload = { redirect_uri }
    t.equal(codeOf(await call(app, 'POST', '/social/v1/linkedin/transaction', { payload })), 'social-state-invalid')
  }
  t.same(await gained(app), NOTHING)
})

t.test('threat: PKCE downgrade, where the challenge is removed on the way to the provider', async t => {
  const { app } = await withCorp(t)
  const browser = new Browser(app)
  const location = new URL(await browser.begin('corp'))
  t.equal(location.searchParams.get('code_challenge_method'), 'S256')
  location.searchParams.delete('code_challenge')
  location.searchParams.delete('code_challenge_method')
  const response = await browser.open(await visit(location.href))
  t.equal(
    response.statusCode,
    400,
    'the verifier is sent nevertheless, and a provider that knows of no challenge refuses it',
  )
  t.same(await gained(app), NOTHING)
})

t.test("threat: code injection, where a victim's code is put into an attacker's callback", async t => {
  for (const provider of ['corp', 'google', 'github', 'linkedin', 'facebook']) {
    const { app } = await withAll(t)
    const stolen = (await new Browser(app).callback(provider)).searchParams.get('code') ?? ''
    const attacker = new Browser(app)
    const callback = await attacker.callback(provider)
    callback.searchParams.set('code', stolen)
    const { statusCode } = await attacker.open(callback)
    // LinkedIn has neither PKCE nor nonce: nothing ties its code to a browser.
    if (provider === 'linkedin') continue
    t.ok(statusCode >= 400 && statusCode < 500, `${provider}: ${statusCode}`)
    t.equal(await attacker.user(), undefined, provider)
  }
})

t.test('threat: mix-up, where a callback names another issuer', async t => {
  const { app, google } = await withAll(t)
  for (const iss of ['https://evil.test', google.issuer, '']) {
    const browser = new Browser(app)
    const callback = await browser.callback('corp')
    callback.searchParams.set('iss', iss)
    t.equal((await browser.open(callback)).statusCode, 400, iss)
  }
  const browser = new Browser(app)
  const callback = await browser.callback('corp')
  callback.searchParams.delete('iss')
  t.equal((await browser.open(callback)).statusCode, 400, 'none, where the provider promises one')
  t.same(await gained(app), NOTHING)
})

t.test('threat: mix-up, where an honest code is sent to an evil provider', async t => {
  const { app, corp, google } = await withAll(t)
  const browser = new Browser(app)
  const evil = new URL(await browser.begin('google'))
  const honest = await browser.callback('corp')
  const before = google.counterpart.count('/token')
  const callback = new URL(honest)
  callback.pathname = callback.pathname.replace('/corp/', '/google/')
  callback.searchParams.set('state', evil.searchParams.get('state') ?? '')
  t.equal((await browser.open(callback)).statusCode, 400)
  t.equal(google.counterpart.count('/token'), before, 'the code never reaches it')
  t.ok(corp.issuer)
})

t.test('GitHub names its issuer at times, and no other is accepted', async t => {
  const { app, github } = await withAll(t)
  github.iss = `${github.url}/login/oauth`
  t.equal((await new Browser(app).logIn('github')).statusCode, 303)
  github.iss = 'https://evil.test/login/oauth'
  const browser = new Browser(app)
  t.equal((await browser.logIn('github')).statusCode, 400)
  t.equal(await browser.user(), undefined)
})

t.test('threat: a Facebook token that was issued to another app', async t => {
  const { app, facebook } = await withAll(t)
  const stolen = facebook.accessToken({ appId: '6666666666666666' })
  const dead = facebook.accessToken()
  facebook.invalidate(dead)
  for (const access_token of [stolen, dead, 'never-issued', `${facebook.appId}|${facebook.appSecret}`])
    t.equal(codeOf(await post(app, { access_token }, 'facebook')), 'provider-response-invalid')
  const limited = [
    facebook.limitedLogin('the-nonce', { aud: '6666666666666666' }),
    facebook.limitedLogin('another-nonce'),
    facebook.limitedLogin('the-nonce', { iss: 'https://evil.test' }),
  ]
  for (const id_token of limited)
    t.equal(codeOf(await post(app, { id_token, nonce: 'the-nonce' }, 'facebook')), 'provider-response-invalid')
  const genuine = { id_token: facebook.limitedLogin('the-nonce'), nonce: 'the-nonce' }
  for (const payload of [{ access_token: facebook.accessToken() }, genuine])
    t.equal(codeOf(await post(app, payload, 'facebook')), 'email-required', 'those of ours are accepted')
  t.same(await gained(app), NOTHING)
})

t.test("threat: another provider's access token", async t => {
  const { app } = await withAll(t)
  for (const provider of ['github', 'google', 'corp', 'linkedin']) {
    const { statusCode } = await post(app, { access_token: 'gho_stolen' }, provider)
    t.ok(statusCode >= 400 && statusCode < 500, `${provider}: ${statusCode}`)
  }
  t.same(await gained(app), NOTHING)
})
