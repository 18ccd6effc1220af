// The providers that the other tests log in with are as strict as the real ones: a client that is wrong gets nothing from them.
import { createHash, createHmac } from 'node:crypto'
import t from 'tap'
import type { Test } from '../../../support/app.ts'
import { REAL } from '../../../support/app.ts'
import { type Fault, startCounterpart } from '../../../support/providers/counterpart.ts'
import { startFacebook } from '../../../support/providers/facebook.ts'
import { startGithub } from '../../../support/providers/github.ts'
import { parse } from '../../../support/providers/id-token.ts'
import { LUKE, type OpenidOptions, startGoogle, startLinkedin, startOpenid } from '../../../support/providers/openid.ts'
import { visit } from '../../../support/providers/visit.ts'

const skip = REAL && 'providers do not depend on the profile'

const CALLBACK = 'http://holocron.test/callback'
const VERIFIER = 'a-verifier-of-at-least-forty-three-characters-in-all'
const CHALLENGE = createHash('sha256').update(VERIFIER).digest('base64url')

/** As read from a response. */
// biome-ignore lint/suspicious/noExplicitAny: what a test expects of it, it looks at itself
type Json = any

const query = (parameters: Record<string, string>) => new URLSearchParams(parameters).toString()
const json = async (response: Response): Promise<Json> => response.json()

async function post(url: string, parameters: Record<string, string>, headers: Record<string, string> = {}) {
  const response = await fetch(url, { method: 'POST', body: new URLSearchParams(parameters), headers })
  return { status: response.status, body: await json(response) }
}

async function openid(t: Test, start = startOpenid, options: Partial<OpenidOptions> = {}) {
  const server = await start(t, { redirectUris: [CALLBACK], clientAuth: 'client_secret_post', ...options })
  const metadata = await json(await fetch(`${server.issuer}/.well-known/openid-configuration`))
  const authorizeUrl = (changes: Record<string, string> = {}) =>
    `${metadata.authorization_endpoint}?${query({
      client_id: server.clientId,
      response_type: 'code',
      scope: 'openid email profile',
      redirect_uri: CALLBACK,
      state: 'a-state',
      nonce: 'a-nonce',
      code_challenge: CHALLENGE,
      code_challenge_method: 'S256',
      ...changes,
    })}`
  const redeem = (code: string | null, changes: Record<string, string> = {}) =>
    post(metadata.token_endpoint, {
      grant_type: 'authorization_code',
      client_id: server.clientId,
      client_secret: server.clientSecret,
      code: code ?? '',
      redirect_uri: CALLBACK,
      code_verifier: VERIFIER,
      ...changes,
    })
  const code = async () => (await visit(authorizeUrl())).searchParams.get('code')
  return { server, metadata, authorizeUrl, redeem, code }
}

t.test('an OpenID provider logs in without asking, and its code is good for once', { skip }, async t => {
  const { server, authorizeUrl, redeem } = await openid(t)
  const callback = await visit(authorizeUrl())
  t.match(Object.fromEntries(callback.searchParams), { state: 'a-state', iss: server.issuer })
  const { body } = await redeem(callback.searchParams.get('code'))
  t.match(parse(body.id_token).claims, {
    iss: server.issuer,
    aud: server.clientId,
    sub: LUKE,
    nonce: 'a-nonce',
    email: 'luke@alderaan.example',
    email_verified: true,
  })
  t.match(await redeem(callback.searchParams.get('code')), { status: 400, body: { error: 'invalid_grant' } })
})

t.test('an OpenID provider refuses wrong redirect URIs, secrets and verifiers', { skip }, async t => {
  const { authorizeUrl, redeem, code } = await openid(t)
  await t.rejects(visit(authorizeUrl({ redirect_uri: 'http://evil.test/callback' })), /redirect_uri/)
  t.match(await redeem(await code(), { client_secret: 'wrong' }), { status: 401, body: { error: 'invalid_client' } })
  t.match(await redeem(await code(), { code_verifier: VERIFIER.replace('a', 'b') }), {
    body: { error: 'invalid_grant' },
  })
  t.match(await redeem(await code(), { redirect_uri: `${CALLBACK}2` }), { body: { error: 'invalid_grant' } })
})

t.test('keys are rotated between a code and its token', { skip }, async t => {
  const { server, metadata, redeem, code } = await openid(t)
  const issued = await code()
  const before = server.key.kid
  await server.rotateKeys()
  const { header } = parse((await redeem(issued)).body.id_token)
  const { keys } = await json(await fetch(metadata.jwks_uri))
  t.not(header.kid, before)
  t.same(
    keys.map((key: Json) => key.kid),
    [header.kid],
  )
})

t.test('Google has two spellings of its issuer, LinkedIn echoes no nonce and wants no verifier', { skip }, async t => {
  const google = await openid(t, startGoogle)
  const fromGoogle = parse((await google.redeem(await google.code())).body.id_token).claims
  t.equal(`http://${fromGoogle.iss}`, google.metadata.issuer)
  t.not(new URL(google.metadata.jwks_uri).origin, google.metadata.issuer)

  const linkedin = await openid(t, startLinkedin)
  t.match(linkedin.metadata.issuer, /\/oauth$/)
  t.match(await linkedin.redeem(await linkedin.code()), { status: 400, body: { error: 'invalid_request' } })
  const withoutPkce = await visit(linkedin.authorizeUrl().replace(/&code_challenge.*$/, ''))
  const { body } = await post(linkedin.metadata.token_endpoint, {
    grant_type: 'authorization_code',
    client_id: linkedin.server.clientId,
    client_secret: linkedin.server.clientSecret,
    code: withoutPkce.searchParams.get('code') ?? '',
    redirect_uri: CALLBACK,
  })
  const { claims } = parse(body.id_token)
  t.equal(claims.nonce, undefined)
  t.equal(claims.email_verified, 'true')
})

t.test('where nobody is logged in, a page lists the people', { skip }, async t => {
  const { server, authorizeUrl } = await openid(t)
  server.person = undefined
  await t.rejects(visit(authorizeUrl()), /<button name="sub" value="luke-0001">Luke Skywalker<\/button>/)
})

async function github(t: Test) {
  const server = await startGithub(t, { callback: CALLBACK })
  const authorizeUrl = (changes: Record<string, string> = {}) =>
    `${server.url}/login/oauth/authorize?${query({
      client_id: server.clientId,
      redirect_uri: CALLBACK,
      scope: 'read:user user:email',
      state: 'a-state',
      code_challenge: CHALLENGE,
      code_challenge_method: 'S256',
      ...changes,
    })}`
  const redeem = (code: string | null, changes: Record<string, string> = {}) =>
    post(
      `${server.url}/login/oauth/access_token`,
      {
        client_id: server.clientId,
        client_secret: server.clientSecret,
        code: code ?? '',
        redirect_uri: CALLBACK,
        code_verifier: VERIFIER,
        ...changes,
      },
      { accept: 'application/json' },
    )
  const code = async (changes?: Record<string, string>) => (await visit(authorizeUrl(changes))).searchParams.get('code')
  const read = async (path: string, token: string) => {
    const response = await fetch(`${server.apiUrl}${path}`, { headers: { authorization: `Bearer ${token}` } })
    return { status: response.status, headers: response.headers, body: await json(response) }
  }
  return { server, authorizeUrl, redeem, code, read }
}

t.test('GitHub reports what is wrong with a code with status 200', { skip }, async t => {
  const { authorizeUrl, redeem, code } = await github(t)
  const issued = await code()
  const wrong = async (changes: Record<string, string>) => redeem(await code(), changes)
  t.match(await wrong({ client_secret: 'x' }), { status: 200, body: { error: 'incorrect_client_credentials' } })
  t.match(await wrong({ redirect_uri: 'http://evil.test/' }), { status: 200, body: { error: 'redirect_uri_mismatch' } })
  t.match(await wrong({ code_verifier: 'x' }), { status: 200, body: { error: 'bad_verification_code' } })
  t.match(await redeem(issued), { status: 200, body: { token_type: 'bearer', scope: 'read:user,user:email' } })
  t.match(await redeem(issued), { status: 200, body: { error: 'bad_verification_code' } })
  const mismatch = await visit(authorizeUrl({ redirect_uri: 'http://evil.test/' }))
  t.match(mismatch.href, `${CALLBACK}?error=redirect_uri_mismatch`)
})

t.test("GitHub's e-mails come in pages, and only with the scope", { skip }, async t => {
  const { server, redeem, code, read } = await github(t)
  const { access_token } = (await redeem(await code())).body
  const first = await read('/user/emails?per_page=1', access_token)
  t.equal(first.body.length, 1)
  t.match(first.headers.get('link'), /[?&]page=2>; rel="next"/)
  t.notMatch((await read('/user/emails?per_page=1&page=2', access_token)).headers.get('link'), /rel="next"/)
  const poor = (await redeem(await code({ scope: 'read:user' }))).body.access_token
  t.match(await read('/user/emails', poor), { status: 404, body: { message: 'Not Found' } })
  server.limited = { status: 429, headers: { 'retry-after': '60' } }
  t.match(await read('/user', access_token), { status: 429 })
  server.revokeAll()
  t.match(await read('/user', access_token), { status: 401, body: { message: 'Bad credentials' } })
})

t.test('Facebook answers errors in its envelope, and wants a proof of the secret', { skip }, async t => {
  const server = await startFacebook(t, { redirectUris: [CALLBACK] })
  const dialog = { client_id: server.appId, redirect_uri: CALLBACK, state: 'a-state', scope: 'public_profile,email' }
  const code = (await visit(`${server.url}/dialog/oauth?${query(dialog)}`)).searchParams.get('code') ?? ''
  const form = { client_id: server.appId, client_secret: server.appSecret, redirect_uri: CALLBACK, code }
  const tokenUrl = `${server.apiUrl}/oauth/access_token`
  const { access_token } = (await post(tokenUrl, form)).body
  t.match(await post(tokenUrl, form), { status: 400, body: { error: { type: 'OAuthException', code: 100 } } })
  const me = async (proof: string) =>
    json(await fetch(`${server.apiUrl}/me?${query({ access_token, fields: 'id,email', appsecret_proof: proof })}`))
  t.match(await me('wrong'), { error: { code: 100 } })
  const proof = createHmac('sha256', server.appSecret).update(access_token).digest('hex')
  t.same(await me(proof), { id: server.user.id, email: server.user.email })
})

t.test("Facebook says whose app's token it is", async t => {
  const server = await startFacebook(t, { redirectUris: [CALLBACK] })
  const debug = async (input_token: string) => {
    const access_token = `${server.appId}|${server.appSecret}`
    return (await json(await fetch(`${server.apiUrl}/debug_token?${query({ input_token, access_token })}`))).data
  }
  const own = server.accessToken()
  t.match(await debug(own), { app_id: server.appId, is_valid: true, user_id: server.user.id })
  t.match(await debug(server.accessToken({ appId: '666' })), { app_id: '666', is_valid: true })
  t.match(await debug('never-issued'), { is_valid: false, error: { code: 190 } })
  server.invalidate(own)
  t.match(await debug(own), { is_valid: false })
})

const FAULTS: [Fault, RegExp][] = [
  ['reset', /fetch failed/],
  ['truncated', /terminated/],
  ['malformed', /JSON/],
  ['html', /JSON/],
  ['oversized', /^32 MiB$/],
  ['redirect', /^redirected$/],
  ['server-error', /^500$/],
]

async function read(url: string): Promise<string> {
  const response = await fetch(url)
  if (response.redirected) return 'redirected'
  if (response.status !== 200) return String(response.status)
  const body = await response.text()
  if (body.length > 32 * 1024 * 1024) return '32 MiB'
  JSON.parse(body)
  return 'no fault'
}

for (const [fault, outcome] of FAULTS)
  t.test(`a counterpart fails as it is told: ${fault}`, { skip }, async t => {
    const counterpart = await startCounterpart(t)
    counterpart.fail('/token', fault)
    t.match(await read(`${counterpart.url}/token`).catch((error: Error) => error.message), outcome)
    counterpart.heal()
    t.equal(await read(`${counterpart.url}/token`), '404')
  })

t.test(
  'a counterpart holds a response until it is healed, refuses connections while it is down, and comes back',
  { skip },
  async t => {
    const counterpart = await startCounterpart(t)
    counterpart.fail('/', 'hold')
    const held = fetch(counterpart.url)
    await counterpart.received('/')
    counterpart.heal()
    t.equal((await held).status, 404)
    const { url } = counterpart
    await counterpart.stop()
    await t.rejects(fetch(url))
    await counterpart.start()
    t.equal((await fetch(url)).status, 404)
  },
)
