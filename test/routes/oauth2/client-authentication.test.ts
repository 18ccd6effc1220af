// Whoever pretends to be an application (RFC 6749 §10.1, RFC 7523, RFC 9700 §2.5).
import { generateKeyPairSync, randomUUID } from 'node:crypto'
import { SignJWT, UnsecuredJWT } from 'jose'
import t from 'tap'
import { application, browser, serve } from '../../support/oauth.ts'
import { administratorRequest } from '../../support/oauth-clients.ts'
import { answerOf, basic, codeFor, outcome, post, redemption } from '../../support/oauth-requests.ts'

const { app, issuer } = await serve(t)
const service = {
  redirect_uris: [],
  grant_types: ['client_credentials'] as 'client_credentials'[],
  scope: 'films:read',
}
const scanner = await application(app, service)
const other = await application(app, service)
const spa = await application(app, { token_endpoint_auth_method: 'none' })
const key = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const foreign = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const publicKey = { ...key.publicKey.export({ format: 'jwk' }), kid: 'one', use: 'sig' as const, alg: 'ES256' }
const signer = await application(app, {
  ...service,
  token_endpoint_auth_method: 'private_key_jwt',
  jwks: { keys: [publicKey as never] },
})

const CREDENTIALS = { grant_type: 'client_credentials', scope: 'films:read' }
const REFUSED = /^400 (unauthorized_client|invalid_request)$/
const TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'

/** Sends credentials in the header, in the form, or both. */
const ask = (headers: Record<string, string>, form: Record<string, string> = {}) =>
  post(scanner, 'token', { ...CREDENTIALS, ...form }, headers)

const id = scanner.id
const client_secret = scanner.secret ?? ''
const encode = (text: string) => ({ authorization: `Basic ${Buffer.from(text).toString('base64')}` })

t.test('an application that proves who it is gets a token, whichever way it sends its secret', async t => {
  t.equal(outcome(await ask(basic(scanner))), '200')
  t.equal(outcome(await ask({}, { client_id: id, client_secret })), '200')
})

const IMPOSTORS: Record<string, [headers: Record<string, string>, form?: Record<string, string>, expected?: string]> = {
  'no credentials': [{}, {}, '400 invalid_request'],
  'an id alone': [{}, { client_id: id }],
  'a wrong secret': [encode(`${id}:${'x'.repeat(43)}`)],
  'a wrong secret in the form': [{}, { client_id: id, client_secret: 'x' }],
  'an empty secret': [encode(`${id}:`), {}, '400 invalid_request'],
  'an empty secret in the form': [{}, { client_id: id, client_secret: '' }],
  'the hash of the secret': [encode(`${id}:${(await app.oauthClients.find(id))?.secret_hash}`)],
  'the secret of another': [encode(`${id}:${other.secret}`)],
  'an unknown client': [encode(`${randomUUID()}:${client_secret}`)],
  'a client id that is none': [encode(`holocron:${client_secret}`)],
  'the secret in front of a null character': [encode(`${id}:${client_secret}\0`), {}, '400 invalid_request'],
  'two ways at once': [basic(scanner), { client_secret }, '400 invalid_request'],
  'an id that contradicts the header': [basic(scanner), { client_id: other.id }, '400 invalid_request'],
  'a token instead': [{ authorization: `Bearer ${client_secret}` }, {}, '400 invalid_request'],
  'a header that is no Base64': [{ authorization: 'Basic !' }, {}, '400 invalid_request'],
  'a public client with a secret': [{}, { client_id: spa.id, client_secret: 'x' }],
  'the client with a key and a secret': [{}, { client_id: signer.id, client_secret: 'x' }],
}

for (const [name, [headers, form, expected = '401 invalid_client']] of Object.entries(IMPOSTORS))
  t.test(`threat: an impostor with ${name}`, async t => {
    const answer = await ask(headers, form)
    t.equal(outcome(answer), expected)
    t.equal(answer.headers.get('cache-control'), 'no-store')
    if (answer.status === 401 && headers.authorization) t.match(answer.headers.get('www-authenticate'), /^Basic realm=/)
    for (const endpoint of ['introspect', 'revoke', 'par', 'device_authorization'])
      t.match(outcome(await post(scanner, endpoint, { ...form, token: 'x' }, headers)), /^40[01] /, endpoint)
  })

t.test('threat: credentials in the address, which logs keep', async t => {
  const url = `${issuer}/oauth2/token?client_id=${id}&client_secret=${client_secret}&grant_type=client_credentials`
  const response = await fetch(url, { method: 'POST', body: new URLSearchParams(CREDENTIALS) })
  t.equal(response.status, 400)
  t.equal((await fetch(url)).status, 405)
})

t.test('threat: a parameter of the request for tokens is sent twice', async t => {
  for (const name of ['client_id', 'client_secret', 'grant_type', 'scope']) {
    const form = [...Object.entries({ ...CREDENTIALS, client_id: id, client_secret })] as [string, string][]
    const twice = form.find(([member]) => member === name) ?? ['', '']
    t.equal(outcome(await post(scanner, 'token', [...form, twice], {})), '400 invalid_request', name)
  }
})

t.test('an application gets tokens in the ways only that it is registered for', async t => {
  t.match(outcome(await post(spa, 'token', CREDENTIALS)), REFUSED)
  for (const grant_type of ['authorization_code', 'refresh_token', 'urn:ietf:params:oauth:grant-type:device_code'])
    t.match(outcome(await ask(basic(scanner), { grant_type, code: 'x', refresh_token: 'x' })), REFUSED, grant_type)
  for (const grant_type of [
    'password',
    'implicit',
    'urn:ietf:params:oauth:grant-type:jwt-bearer',
    'urn:ietf:params:oauth:grant-type:token-exchange',
    'x',
    '__proto__',
    'constructor',
  ])
    t.equal(
      outcome(await ask(basic(scanner), { grant_type, username: 'x', password: 'x' })),
      '400 unsupported_grant_type',
      grant_type,
    )
  t.equal(outcome(await ask(basic(scanner), { grant_type: '' })), '400 invalid_request')
  for (const scope of ['films:read films:write', 'openid email', 'revocations', 'admin'])
    t.match(outcome(await ask(basic(scanner), { scope })), /^400 invalid_(scope|request)$/, scope)
})

t.test('the previous secret is good until its time is over', async t => {
  const client = await application(app, service)
  const { client_secret: secret } = await app.oauthClients.rotateSecret(client.id, await administratorRequest(app))
  const previous = basic(client)
  t.equal(outcome(await post(client, 'token', CREDENTIALS, previous)), '200')
  t.equal(outcome(await post(client, 'token', CREDENTIALS, basic({ ...client, secret }))), '200')
  await app.db
    .updateTable('oauth_clients')
    .set({ previous_secret_expires_at: Date.now() - 1 })
    .where('client_id', '=', client.id)
    .execute()
  t.equal(outcome(await post(client, 'token', CREDENTIALS, previous)), '401 invalid_client')
  t.equal(outcome(await post(client, 'token', CREDENTIALS, basic({ ...client, secret }))), '200')
})

const now = () => Math.floor(Date.now() / 1000)
const claims = () => ({ iss: signer.id, sub: signer.id, aud: issuer, jti: randomUUID(), iat: now(), exp: now() + 60 })
type Claims = Record<string, unknown>

const assertion = (changes: Claims = {}, privateKey = key.privateKey, header = {}) =>
  new SignJWT({ ...claims(), ...changes }).setProtectedHeader({ alg: 'ES256', kid: 'one', ...header }).sign(privateKey)

const assert = (client_assertion: string, more: Record<string, string> = {}) =>
  post(signer, 'token', { ...CREDENTIALS, client_assertion, client_assertion_type: TYPE, ...more }, {})

t.test('an application that signs gets a token', async t => {
  t.equal(outcome(await assert(await assertion())), '200')
  t.equal(outcome(await assert(await assertion({ aud: `${issuer}/oauth2/token` }))), '200')
})

const secretOf = (text: string) => new TextEncoder().encode(text)
const ASSERTIONS: Record<string, () => string | Promise<string>> = {
  'for another server': () => assertion({ aud: 'https://evil.example' }),
  'for this server and another': () => assertion({ aud: [issuer, 'https://evil.example'] }),
  'for no server': () => assertion({ aud: undefined }),
  'that has expired': () => assertion({ exp: now() - 60 }),
  'that is valid for longer than an hour, which would be kept as long': () => assertion({ exp: now() + 3660 }),
  'that is valid for longer than there is a number for': () => assertion({ exp: 1e17 }),
  'without expiry': () => assertion({ exp: undefined }),
  'from the future': () => assertion({ nbf: now() + 600 }),
  'without an id': () => assertion({ jti: undefined }),
  'of another issuer': () => assertion({ iss: 'evil' }),
  'about another application': () => assertion({ sub: other.id, iss: other.id }),
  'by a foreign key': () => assertion({}, foreign.privateKey),
  'by a foreign key that it names itself': () =>
    assertion({}, foreign.privateKey, { jwk: foreign.publicKey.export({ format: 'jwk' }), kid: undefined }),
  'without a signature': () => new UnsecuredJWT(claims()).encode(),
  'with the public key as a secret': () =>
    new SignJWT(claims())
      .setProtectedHeader({ alg: 'HS256', kid: 'one' })
      .sign(secretOf(key.publicKey.export({ format: 'pem', type: 'spki' }).toString())),
  'that is no JWT': () => 'x.y.z',
}

for (const [name, make] of Object.entries(ASSERTIONS))
  t.test(`threat: an assertion ${name}`, async t => {
    t.match(outcome(await assert(await make())), /^(401 invalid_client|400 invalid_request)$/)
  })

t.test('threat: an assertion is replayed, in sequence or at once', async t => {
  const used = await assertion()
  t.equal(outcome(await assert(used)), '200')
  t.match(outcome(await assert(used)), /^(401 invalid_client|400 invalid_request)$/)
  const raced = await assertion()
  const outcomes = (await Promise.all(Array.from({ length: 6 }, () => assert(raced)))).map(outcome)
  t.equal(outcomes.filter(each => each === '200').length, 1, outcomes.join())
})

t.test('threat: a client of one id, signed for by another', async t => {
  t.equal(outcome(await assert(await assertion(), { client_id: other.id })), '400 invalid_request')
  t.match(outcome(await assert(await assertion(), { client_assertion_type: 'x' })), /^400/)
  t.equal(outcome(await post(signer, 'token', { ...CREDENTIALS, client_id: signer.id }, {})), '401 invalid_client')
})

t.test('bodies that are none of this endpoint are refused, and the next request on the connection is not', async t => {
  const headers = basic(scanner)
  const url = `${issuer}/oauth2/token`
  const sent: [string, RequestInit][] = [
    ['JSON', { body: JSON.stringify(CREDENTIALS), headers: { ...headers, 'content-type': 'application/json' } }],
    ['text', { body: 'grant_type=client_credentials', headers: { ...headers, 'content-type': 'text/plain' } }],
    ['multipart', { body: new FormData(), headers }],
    ['a megabyte', { body: new URLSearchParams({ ...CREDENTIALS, x: 'x'.repeat(1 << 20) }), headers }],
    ['nothing', { headers }],
    [
      'a compressed form',
      {
        body: 'grant_type=client_credentials',
        headers: { ...headers, 'content-type': 'application/x-www-form-urlencoded', 'content-encoding': 'gzip' },
      },
    ],
  ]
  for (const [name, init] of sent) {
    const answer = await answerOf(await fetch(url, { method: 'POST', ...init }))
    if (name !== 'a compressed form') t.equal(outcome(answer), '400 invalid_request', name)
    t.equal(outcome(await ask(headers)), '200')
  }
})

t.test('a code is redeemed by its own client, however good the credentials of another are', async t => {
  const person = browser(issuer)
  await person.signIn(app)
  const code = await codeFor(person, spa)
  const news = await application(app)
  t.equal(outcome(await post(news, 'token', redemption(code))), '400 invalid_grant')
})
