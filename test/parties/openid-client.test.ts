// openid-client, a certified relying party, with all the checks that it makes: every part of the protocol that the provider has.
import * as openid from 'openid-client'
import t from 'tap'
import { AUTH_METHODS, DEVICE_CODE, ID_TOKEN_ALGORITHMS } from '#schemas/oauth-clients.ts'
import { REAL, verifiedUser } from '../support/app.ts'
import { type Application, application, request, serve } from '../support/oauth.ts'
import { readFilms } from '../support/parties/films.ts'
import { visitor } from '../support/parties/visitor.ts'

const AFTERWARDS = 'https://news.example/goodbye'
const EVERYTHING = 'openid profile email offline_access films:read'
/** A refresh token is for those who ask for consent. */
const ASKED = { scope: EVERYTHING, prompt: 'consent' }
const skip = REAL && 'what the libraries of others accept does not depend on the profile'

const { app, issuer } = await serve(t)
const account = await verifiedUser(app)
const person = visitor()

/** @returns where the person is led, at the application */
const authorize = async (url: string, who = person) => (await who.logIn(url, account)).url

async function logInWith(
  { configuration }: Pick<Application, 'configuration'>,
  parameters: Record<string, string> = {},
  who = person,
) {
  const { url, checks } = await request({ configuration } as Application, parameters)
  return openid.authorizationCodeGrant(configuration, await authorize(url, who), checks)
}

/** An application for which openid-client verifies the signature of ID tokens, too. */
async function party(metadata: Parameters<typeof application>[1] = {}): Promise<Application> {
  const made = await application(app, {
    grant_types: ['authorization_code', 'refresh_token'],
    post_logout_redirect_uris: [AFTERWARDS],
    scope: EVERYTHING,
    ...metadata,
  })
  openid.enableNonRepudiationChecks(made.configuration)
  return made
}

/** What the provider answers with. */
const failure = (error: string) => Object.assign(new Error(), { error, message: /./ })

/** What an application registers. */
async function publicJwk({ publicKey }: openid.CryptoKeyPair) {
  const { kty, crv, x, y, n, e } = await crypto.subtle.exportKey('jwk', publicKey)
  return JSON.parse(JSON.stringify({ kty, crv, x, y, n, e }))
}

t.test('the metadata is complete', { skip }, async t => {
  const { configuration } = await party()
  t.match(configuration.serverMetadata(), { issuer, authorization_response_iss_parameter_supported: true })
  t.ok(configuration.serverMetadata().supportsPKCE())
})

for (const alg of ID_TOKEN_ALGORITHMS)
  t.test(`a login with ID tokens signed by ${alg}: nonce, user information, films, refresh`, { skip }, async t => {
    const { id, configuration } = await party({ id_token_signed_response_alg: alg })
    const nonce = openid.randomNonce()
    const { url, checks } = await request({ configuration } as Application, { ...ASKED, nonce })
    const callback = await authorize(url)
    t.equal(callback.searchParams.get('iss'), issuer)
    const tokens = await openid.authorizationCodeGrant(configuration, callback, { ...checks, expectedNonce: nonce })
    const claims = tokens.claims()
    t.match(claims, { iss: issuer, aud: id, nonce, auth_time: Number, acr: 'aal1', amr: ['pwd'] })
    t.equal(tokens.scope, EVERYTHING)
    const info = await openid.fetchUserInfo(configuration, tokens.access_token, claims?.sub ?? '')
    t.match(info, { email: account.email, email_verified: true })
    t.equal(await readFilms(issuer, tokens.access_token), 7)

    const next = await openid.refreshTokenGrant(configuration, tokens.refresh_token ?? '')
    t.match(next.claims(), { sub: claims?.sub, auth_time: claims?.auth_time })
    t.equal(await readFilms(issuer, next.access_token), 7)
  })

for (const method of AUTH_METHODS.filter(method => method !== 'private_key_jwt'))
  t.test(`an application that authenticates by ${method}`, { skip }, async t => {
    const { configuration, secret, id } = await party({ token_endpoint_auth_method: method })
    const authentication = {
      none: openid.None(),
      client_secret_basic: openid.ClientSecretBasic(secret),
      client_secret_post: openid.ClientSecretPost(secret),
    }[method]
    const own = new openid.Configuration(configuration.serverMetadata(), id, {}, authentication)
    openid.allowInsecureRequests(own)
    const tokens = await logInWith({ configuration: own }, ASKED)
    t.equal(await readFilms(issuer, tokens.access_token), 7)
    const next = await openid.refreshTokenGrant(own, tokens.refresh_token ?? '')
    t.equal(next.refresh_token === tokens.refresh_token, method !== 'none', 'only those of public clients rotate')
  })

for (const alg of ['ES256', 'Ed25519', 'RS256', 'PS256'])
  t.test(`an application that authenticates by its key, ${alg}`, { skip }, async t => {
    const keys = await openid.randomDPoPKeyPair(alg, { extractable: true })
    const { id, configuration } = await party({
      token_endpoint_auth_method: 'private_key_jwt',
      jwks: { keys: [{ ...(await publicJwk(keys)), alg }] },
    })
    const authentication = openid.PrivateKeyJwt(keys.privateKey)
    const own = new openid.Configuration(configuration.serverMetadata(), id, {}, authentication)
    openid.allowInsecureRequests(own)
    const tokens = await logInWith({ configuration: own }, ASKED)
    t.equal(await readFilms(issuer, tokens.access_token), 7)
    t.match(await openid.tokenIntrospection(own, tokens.access_token), { active: true, client_id: id })
  })

t.test('a request that is pushed first (PAR)', { skip }, async t => {
  const { configuration } = await party()
  const verifier = openid.randomPKCECodeVerifier()
  const state = openid.randomState()
  const url = await openid.buildAuthorizationUrlWithPAR(configuration, {
    redirect_uri: 'https://news.example/callback',
    ...ASKED,
    code_challenge: await openid.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
    state,
  })
  t.same([...url.searchParams.keys()].sort(), ['client_id', 'request_uri'])
  const checks = { pkceCodeVerifier: verifier, expectedState: state }
  const tokens = await openid.authorizationCodeGrant(configuration, await authorize(url.href), checks)
  t.equal(await readFilms(issuer, tokens.access_token), 7)
})

for (const alg of ['ES256', 'EdDSA', 'Ed25519'])
  t.test(`tokens that are bound to a key of ${alg} (DPoP), and of no use without it`, { skip }, async t => {
    const { configuration } = await party({ dpop_bound_access_tokens: true, token_endpoint_auth_method: 'none' })
    const DPoP = openid.getDPoPHandle(configuration, await openid.randomDPoPKeyPair(alg))
    const { url, checks } = await request({ configuration } as Application, ASKED)
    const callback = await authorize(url)
    const tokens = await openid.authorizationCodeGrant(configuration, callback, checks, undefined, { DPoP })
    t.equal(tokens.token_type, 'dpop')

    const next = await openid.refreshTokenGrant(configuration, tokens.refresh_token ?? '', undefined, { DPoP })
    const films = new URL('/films/v1/', issuer)
    const read = (options: openid.DPoPOptions) =>
      openid.fetchProtectedResource(configuration, next.access_token, films, 'GET', undefined, undefined, options)
    t.equal((await read({ DPoP })).status, 200)
    const info = await openid.fetchUserInfo(configuration, next.access_token, tokens.claims()?.sub ?? '', { DPoP })
    t.match(info, { email: account.email })
    await t.rejects(read({}), 'as a Bearer token')
    const another = openid.getDPoPHandle(configuration, await openid.randomDPoPKeyPair(alg))
    await t.rejects(read({ DPoP: another }), 'with the key of somebody else')
    await t.rejects(openid.refreshTokenGrant(configuration, next.refresh_token ?? '', undefined, { DPoP: another }))
  })

t.test('an application by itself', { skip }, async t => {
  const { configuration, id } = await party({
    redirect_uris: [],
    post_logout_redirect_uris: [],
    grant_types: ['client_credentials'],
    scope: 'films:read',
  })
  const tokens = await openid.clientCredentialsGrant(configuration, { scope: 'films:read' })
  t.equal(await readFilms(issuer, tokens.access_token), 7)
  const found = await openid.tokenIntrospection(configuration, tokens.access_token)
  t.match(found, { active: true, client_id: id, scope: 'films:read' })
  await t.rejects(openid.clientCredentialsGrant(configuration, { scope: 'films:write' }), failure('invalid_scope'))
})

t.test('a device whose user types a code somewhere else', { skip }, async t => {
  const { configuration } = await party({
    token_endpoint_auth_method: 'none',
    redirect_uris: [],
    post_logout_redirect_uris: [],
    grant_types: [DEVICE_CODE, 'refresh_token'],
  })
  const device = await openid.initiateDeviceAuthorization(configuration, { scope: EVERYTHING })
  const polling = openid.pollDeviceAuthorizationGrant(configuration, { ...device, interval: 1 })
  t.equal(device.verification_uri, `${issuer}/oauth2/device`)
  const asked = await person.logIn(device.verification_uri_complete ?? '', account)
  t.match(asked.page, device.user_code)
  await person.submit({}, 'yes')
  await person.submit({}, 'allow')
  const tokens = await polling
  t.match(tokens.claims(), { iss: issuer })
  t.equal(await readFilms(issuer, tokens.access_token), 7)
  const next = await openid.refreshTokenGrant(configuration, tokens.refresh_token ?? '')
  t.equal(await readFilms(issuer, next.access_token), 7)
})

t.test('a token is introspected, revoked, and then of no use', { skip }, async t => {
  const { configuration, id } = await party()
  for (const revoked of ['access_token', 'refresh_token'] as const) {
    const tokens = await logInWith({ configuration }, ASKED)
    const active = await openid.tokenIntrospection(configuration, tokens[revoked] ?? '')
    t.match(active, { active: true, client_id: id, sub: tokens.claims()?.sub })
    await openid.tokenRevocation(configuration, tokens[revoked] ?? '')
    for (const token of [tokens.access_token, tokens.refresh_token ?? ''])
      t.same(await openid.tokenIntrospection(configuration, token), { active: false }, revoked)
    t.equal(await readFilms(issuer, tokens.access_token), 401)
  }
})

t.test('an answer without asking (prompt=none), or that somebody has to be asked', { skip }, async t => {
  const { configuration } = await party()
  const silent = { prompt: 'none' }
  await t.rejects(logInWith({ configuration }, silent, visitor()), failure('login_required'))
  await t.rejects(logInWith({ configuration }, silent), failure('consent_required'))
  await logInWith({ configuration })
  t.ok((await logInWith({ configuration }, silent)).access_token)
})

t.test('a login that is not older than max_age', { skip }, async t => {
  const { configuration } = await party()
  const { url, checks } = await request({ configuration } as Application, { max_age: '3600' })
  const callback = await authorize(url)
  const tokens = await openid.authorizationCodeGrant(configuration, callback, { ...checks, maxAge: 3600 })
  t.type(tokens.claims()?.auth_time, 'number')
})

t.test('signing out leads back to the application, and ends the login', { skip }, async t => {
  const { configuration } = await party()
  const leaving = visitor()
  const tokens = await logInWith({ configuration }, ASKED, leaving)
  const url = openid.buildEndSessionUrl(configuration, {
    id_token_hint: tokens.id_token ?? '',
    post_logout_redirect_uri: AFTERWARDS,
    state: 'x',
  })
  t.equal((await leaving.signOut(url)).url.href, `${AFTERWARDS}?state=x`)
  await t.rejects(logInWith({ configuration }, { prompt: 'none' }, leaving), failure('login_required'))
})
