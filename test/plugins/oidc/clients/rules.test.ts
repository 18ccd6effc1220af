// Registered applications: which redirect URIs, keys and combinations of members are refused. Open redirects and stolen codes begin here (RFC 9700, 4.1 and 4.11).
import { generateKeyPairSync } from 'node:crypto'
import t from 'tap'
import { DEVICE_CODE, type NewOAuthClient } from '#schemas/oauth-clients.ts'
import { build, NO_CLIENT } from '../../../support/app.ts'
import { WEB } from '../../../support/oauth-clients.ts'

const app = await build(t)
const production = await build(t, { NODE_ENV: 'production', SMTP_URL: 'smtp://127.0.0.1:9', MAIL_FROM: 'a@b.example' })

const register = (members: object, on = app) =>
  on.oauthClients.create({ ...WEB, ...members } as NewOAuthClient, { client: NO_CLIENT })

const native = { application_type: 'native', token_endpoint_auth_method: 'none' } as const

const ALLOWED: [uri: string, members: object][] = [
  ['https://app.example/callback', {}],
  ['https://app.example', {}],
  ['https://app.example:8443/a/b?c=d', {}],
  ['https://xn--bcher-kva.example/cb', {}],
  ['https://[2001:db8::1]/cb', {}],
  ['https://app.example/cb', native],
  ['http://127.0.0.1/callback', native],
  ['http://127.0.0.1:7000/callback', native],
  ['http://[::1]:7000/callback', native],
  ['http://localhost:7000/callback', native],
  ['com.example.app:/callback', native],
  ['com.example.app://callback', native],
  ['org.example.my-app:/cb?x=y', native],
]

const REFUSED: [uri: string, members: object, problem: RegExp][] = [
  ['', {}, /must be a URI/],
  ['/callback', {}, /absolute/],
  ['//app.example/callback', {}, /absolute/],
  ['app.example/callback', {}, /absolute/],
  ['https:app.example/callback', {}, /https/],
  ['https:///app.example/callback', {}, /https/],
  ['https://', {}, /absolute/],
  ['https://app.example/callback#top', {}, /fragment/],
  ['https://app.example/callback#', {}, /fragment/],
  ['https://*.app.example/callback', {}, /wildcard/],
  ['https://app.example/*', {}, /wildcard/],
  ['https://leia@app.example/callback', {}, /userinfo/],
  ['https://leia:organa@app.example/callback', {}, /userinfo/],
  ['https://@app.example/callback', {}, /userinfo/],
  ['https://app.example\\@thief.example/callback', {}, /must be a URI/],
  ['https://app.example/call back', {}, /must be a URI/],
  ['https://app.example/callback\n', {}, /must be a URI/],
  ['https://bücher.example/callback', {}, /must be a URI/],
  ['https://%61pp.example/callback', {}, /canonical form/],
  ['https://127.0.0.1./callback', {}, /canonical form/],
  ['http://app.example/callback', {}, /https/],
  ['http://app.example/callback', native, /https/],
  ['http://127.1/callback', native, /canonical form/],
  ['http://2130706433/callback', native, /canonical form/],
  ['http://localhost.thief.example/callback', native, /https/],
  ['http://0.0.0.0/callback', native, /https/],
  ['com.example.app:/callback', {}, /native applications/],
  ['myapp:/callback', native, /reversed domain/],
  ['myapp://callback', native, /reversed domain/],
  ['javascript:alert(1)', {}, /native applications/],
  ['javascript:alert(1)', native, /reversed domain/],
  ['data:text/html,hello', native, /reversed domain/],
  ['file:///etc/passwd', native, /reversed domain/],
  ['urn:ietf:wg:oauth:2.0:oob', native, /reversed domain/],
]

for (const [uri, members] of ALLOWED)
  t.test(`a redirect URI may be ${uri} (${Object.values(members)[0] ?? 'web'})`, async t => {
    const { client } = await register({ ...members, redirect_uris: [uri], post_logout_redirect_uris: [uri] })
    t.same(client.metadata.redirect_uris, [uri])
    t.same((await app.oauthClients.find(client.client_id))?.metadata.post_logout_redirect_uris, [uri])
  })

for (const [uri, members, problem] of REFUSED)
  t.test(`a redirect URI may not be ${JSON.stringify(uri)} (${Object.values(members)[0] ?? 'web'})`, async t => {
    const both = {
      'redirect_uris/0': { redirect_uris: [uri] },
      'post_logout_redirect_uris/0': { post_logout_redirect_uris: [uri] },
    }
    for (const [field, redirects] of Object.entries(both))
      await t.rejects(register({ ...members, ...redirects }), {
        code: 'redirect-uri-invalid',
        details: { field, problem, uri },
      })
  })

t.test('in production http is for native applications alone; in development, for all on this machine', async t => {
  const local = { redirect_uris: ['http://localhost:5173/callback'] }
  await t.resolves(register(local))
  await t.rejects(register(local, production), { code: 'redirect-uri-invalid', details: { problem: /https/ } })
  await t.resolves(register({ ...local, ...native }, production))
  const logout = { backchannel_logout_uri: 'http://localhost:5173/logout' }
  await t.resolves(register(logout))
  await t.rejects(register({ ...logout, ...native }, production), { code: 'client-metadata-invalid' })
})

t.test('other URLs are https, and lead to no script', async t => {
  const members = ['backchannel_logout_uri', 'client_uri', 'jwks_uri', 'policy_uri', 'tos_uri']
  for (const member of members) {
    await t.resolves(register({ [member]: 'https://app.example/x?y=z' }))
    for (const url of [
      'javascript:alert(1)',
      'data:image/png;base64,AAAA',
      'http://app.example/',
      'https://a:b@app.example/',
      'com.example.app:/x',
    ])
      await t.rejects(register({ [member]: url }), { code: 'client-metadata-invalid', details: { field: member } }, url)
  }
})

const jwkOf = (key: { export(options: { format: 'jwk' }): object }) => key.export({ format: 'jwk' })
const ec = (namedCurve: string) => jwkOf(generateKeyPairSync('ec', { namedCurve }).publicKey)
const rsa = (modulusLength: number) => jwkOf(generateKeyPairSync('rsa', { modulusLength }).publicKey)
const withKey = (key: object) => ({ token_endpoint_auth_method: 'private_key_jwt', jwks: { keys: [key] } })

t.test('keys are public ones that a signature can be verified with', async t => {
  for (const key of [ec('P-256'), rsa(2048), jwkOf(generateKeyPairSync('ed25519').publicKey)])
    await t.resolves(register(withKey(key)))
  const field = 'jwks/keys/0'
  for (const key of [
    ec('secp256k1'),
    rsa(1024),
    { kty: 'RSA' },
    { kty: 'EC', crv: 'P-256', x: 'AA', y: 'AA' },
    jwkOf(generateKeyPairSync('x25519').publicKey),
  ])
    await t.rejects(
      register(withKey(key)),
      { code: 'client-metadata-invalid', details: { field } },
      JSON.stringify(key),
    )
})

const CONTRADICTIONS: Record<string, { members: object; field: string }> = {
  'a login without a redirect URI': { members: { redirect_uris: [] }, field: 'redirect_uris' },
  'refresh tokens of no login': {
    members: { grant_types: ['client_credentials', 'refresh_token'] },
    field: 'grant_types',
  },
  'a response type without its grant': {
    members: { grant_types: ['client_credentials'], response_types: ['code'] },
    field: 'response_types',
  },
  'a grant without its response type': { members: { response_types: [] }, field: 'response_types' },
  'tokens for a client that proves nothing': {
    members: { token_endpoint_auth_method: 'none', grant_types: ['authorization_code', 'client_credentials'] },
    field: 'grant_types',
  },
  'passwords for an application of somebody else': {
    members: { grant_types: ['authorization_code', 'password'] },
    field: 'grant_types',
  },
  'passwords for tokens that are bound to a key': {
    members: { grant_types: ['authorization_code', 'password'], first_party: true, dpop_bound_access_tokens: true },
    field: 'dpop_bound_access_tokens',
  },
  'a public client without PKCE': {
    members: { token_endpoint_auth_method: 'none', require_pkce: false },
    field: 'require_pkce',
  },
  'private_key_jwt without a key': {
    members: { token_endpoint_auth_method: 'private_key_jwt' },
    field: 'token_endpoint_auth_method',
  },
  'keys in two places': {
    members: { ...withKey(ec('P-256')), jwks_uri: 'https://app.example/jwks.json' },
    field: 'jwks_uri',
  },
  'a session that no logout token names': {
    members: { backchannel_logout_session_required: true },
    field: 'backchannel_logout_session_required',
  },
  'a scope twice': { members: { scope: 'openid email openid' }, field: 'scope' },
}

for (const [name, { members, field }] of Object.entries(CONTRADICTIONS))
  t.test(`refused: ${name}`, async t => {
    await t.rejects(register(members), { code: 'client-metadata-invalid', details: { field } })
  })

t.test('what is not given has the defaults of RFC 7591, and PKCE', async t => {
  const { client } = await register({})
  t.same(client.metadata, {
    ...WEB,
    post_logout_redirect_uris: [],
    grant_types: ['authorization_code'],
    response_types: ['code'],
    token_endpoint_auth_method: 'client_secret_basic',
    application_type: 'web',
    id_token_signed_response_alg: 'RS256',
    backchannel_logout_session_required: false,
    require_pkce: true,
    first_party: false,
    dpop_bound_access_tokens: false,
    scope: 'openid profile email',
  })
  t.same((await app.oauthClients.find(client.client_id))?.metadata, client.metadata)
  const device = await register({ grant_types: [DEVICE_CODE, 'refresh_token'], redirect_uris: [] })
  t.match(device.client.metadata, { response_types: [], scope: 'openid profile email offline_access' })
  const service = await register({ grant_types: ['client_credentials'] })
  t.match(service.client.metadata, { response_types: [], scope: undefined })
})
