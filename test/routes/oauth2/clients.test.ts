// The administration of registered applications by the API.
import { generateKeyPairSync } from 'node:crypto'
import t from 'tap'
import { administrator, build, call, codeOf, logIn, reauthenticated } from '../../support/app.ts'
import { expectError } from '../../support/error-response.ts'
import { SERVICE, WEB } from '../../support/oauth-clients.ts'
import { beforeNextTransaction } from '../../support/transactions.ts'

const URL = '/oauth2/clients'
const app = await build(t)
const admin = await administrator(app)

const ask = (method: 'GET' | 'POST' | 'PATCH' | 'DELETE', url: string, payload?: object, token = admin.token) =>
  call(app, method, url, { token, ...(payload && { payload }) })

async function registered(members: object = {}) {
  const response = await ask('POST', URL, { ...WEB, ...members })
  t.equal(response.statusCode, 201, response.body)
  return response.json<{ client_id: string; client_secret?: string; updated: string }>()
}

const at = ({ client_id }: { client_id: string }) => `${URL}/${client_id}`

t.test('an application is registered, read, changed and deleted', async t => {
  const response = await ask('POST', URL, { ...WEB, grant_types: ['authorization_code', 'refresh_token'] })
  t.equal(response.statusCode, 201)
  t.equal(response.headers['cache-control'], 'no-store')
  const { client_secret, ...client } = response.json()
  t.equal(response.headers.location, `http://holocron.test/oauth2/clients/${client.client_id}`)
  t.match(client_secret, /^[\w-]{43}$/)
  t.match(client, {
    ...WEB,
    client_id: /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
    scope: 'openid profile email offline_access',
    require_pkce: true,
    previous_secret_expires: null,
  })

  t.same((await ask('GET', at(client))).json(), client, 'without its secret')
  const changed = await ask('PATCH', at(client), { client_name: 'Renamed', client_uri: 'https://news.example/' })
  const { updated, ...others } = client
  t.match(changed.json(), { ...others, client_name: 'Renamed', client_uri: 'https://news.example/' })
  t.ok(changed.json().updated >= updated)
  t.same((await ask('GET', at(client))).json(), changed.json())
  t.notOk('client_uri' in (await ask('PATCH', at(client), { client_uri: null })).json())

  t.same((await ask('DELETE', at(client))).json(), { status: 'ok' })
  for (const method of ['GET', 'DELETE'] as const) expectError(t, await ask(method, at(client)), 404, 'not-found')
  expectError(t, await ask('PATCH', at(client), { client_name: 'Undead' }), 404, 'not-found')
  expectError(t, await ask('POST', `${at(client)}/secret`), 404, 'not-found')
})

t.test('a list has all members and no secret', async t => {
  await registered()
  const { client_secret, ...client } = await registered({ client_name: 'Listed' })
  const page = (await ask('GET', `${URL}?limit=1`)).json()
  t.same(page.results, [client])
  t.type(page.next_cursor, 'string')
  const next = (await ask('GET', `${URL}?limit=1&cursor=${page.next_cursor}`)).json()
  t.not(next.results[0]?.client_id, client.client_id)
})

t.test('a rotation returns a new secret, and says until when the previous one is valid', async t => {
  const client = await registered()
  const first = (await ask('POST', `${at(client)}/secret`)).json()
  t.not(first.client_secret, client.client_secret)
  const { previous_secret_expires: expires } = first
  t.ok(Date.parse(expires) > Date.now())
  t.equal((await ask('GET', at(client))).json().previous_secret_expires, expires)
  const second = (await ask('POST', `${at(client)}/secret`, { revoke: true })).json()
  t.match(second, { client_secret: /^[\w-]{43}$/, previous_secret_expires: null })
  const stored = await app.oauthClients.find(client.client_id)
  t.same(
    [client.client_secret ?? '', first.client_secret, second.client_secret].map(secret =>
      stored ? app.oauthClients.verifySecret(stored, secret) : undefined,
    ),
    [false, false, true],
  )
})

t.test('of two rotations at once the one that comes second is refused', async t => {
  const client = await registered()
  const rotate = () => ask('POST', `${at(client)}/secret`)
  let first: string | undefined = 'none'
  beforeNextTransaction(t, app, async () => {
    first = codeOf(await rotate())
  })
  t.equal(codeOf(await rotate()), 'changed-meanwhile')
  t.equal(first, undefined)
})

t.test('an edit and a deletion at once leave no half of an application', async t => {
  const client = await registered()
  const [edit, deletion] = await Promise.all([
    ask('PATCH', at(client), { client_name: 'Undead' }),
    ask('DELETE', at(client)),
  ])
  t.equal(deletion.statusCode, 200)
  t.ok([200, 404].includes(edit.statusCode))
  expectError(t, await ask('GET', at(client)), 404, 'not-found')
})

t.test('a client with keys, or a public one, gets no secret', async t => {
  const key = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const jwks = { keys: [{ ...key.publicKey.export({ format: 'jwk' }), kid: 'one', use: 'sig' }] }
  const withKeys = await registered({ token_endpoint_auth_method: 'private_key_jwt', jwks })
  const publicClient = await registered({ token_endpoint_auth_method: 'none' })
  for (const client of [withKeys, publicClient]) {
    t.notOk('client_secret' in client)
    expectError(t, await ask('POST', `${at(client)}/secret`), 409, 'client-without-secret')
  }
  t.same((await ask('GET', at(withKeys))).json().jwks, jwks)

  const privateKey = key.privateKey.export({ format: 'jwk' })
  const leaked = { ...WEB, token_endpoint_auth_method: 'private_key_jwt', jwks: { keys: [privateKey] } }
  const response = await ask('POST', URL, leaked)
  expectError(t, response, 400, 'client-metadata-invalid', { field: 'jwks/keys/0/d' })
  t.notMatch(response.body, privateKey.d)
})

const INVALID: Record<string, { payload: object; code?: string; field: string }> = {
  'no name': { payload: { client_name: undefined }, field: 'client_name' },
  'a blank name': { payload: { client_name: '  ' }, field: 'client_name' },
  'a name that nobody sees': { payload: { client_name: '\u200b\u3164' }, field: 'client_name' },
  'a name that reads backwards': { payload: { client_name: 'Holonet \u202esweN' }, field: 'client_name' },
  'a name that is turned around apart': { payload: { client_name: '\u2067Holonet\u2069' }, field: 'client_name' },
  'a name with control characters': { payload: { client_name: 'Holonet\u0007' }, field: 'client_name' },
  'a name that is too long': { payload: { client_name: 'x'.repeat(101) }, field: 'client_name' },
  'an unknown member': { payload: { software_id: 'x' }, field: 'software_id' },
  'a secret of its own': { payload: { client_secret: 'x'.repeat(43) }, field: 'client_secret' },
  'an id of its own': { payload: { client_id: 'holonet' }, field: 'client_id' },
  'the implicit grant': { payload: { grant_types: ['implicit'] }, field: 'grant_types/0' },
  'no grant': { payload: { grant_types: [] }, field: 'grant_types' },
  'a token response': { payload: { response_types: ['token'] }, field: 'response_types/0' },
  'an unknown authentication': {
    payload: { token_endpoint_auth_method: 'tls_client_auth' },
    field: 'token_endpoint_auth_method',
  },
  'a weak algorithm': { payload: { id_token_signed_response_alg: 'none' }, field: 'id_token_signed_response_alg' },
  'a symmetric algorithm': {
    payload: { id_token_signed_response_alg: 'HS256' },
    field: 'id_token_signed_response_alg',
  },
  'a scope with quotes': { payload: { scope: 'openid "email"' }, field: 'scope' },
  'two spaces between scopes': { payload: { scope: 'openid  email' }, field: 'scope' },
  'a symmetric key': {
    payload: { jwks: { keys: [{ kty: 'oct', k: 'AAAA' }] } },
    code: 'client-metadata-invalid',
    field: 'jwks/keys/0/k',
  },
  'no keys': { payload: { jwks: { keys: [] } }, field: 'jwks/keys' },
  'a redirect URI twice': {
    payload: { redirect_uris: ['https://a.example/', 'https://a.example/'] },
    field: 'redirect_uris',
  },
  'too many redirect URIs': {
    payload: { redirect_uris: Array.from({ length: 21 }, (_, i) => `https://a.example/${i}`) },
    field: 'redirect_uris',
  },
  'a redirect URI that is too long': {
    payload: { redirect_uris: [`https://a.example/${'x'.repeat(1024)}`] },
    field: 'redirect_uris/0',
  },
  'a redirect URI that runs a script': {
    payload: { redirect_uris: ['https://a.example/', 'javascript:alert(1)'] },
    code: 'redirect-uri-invalid',
    field: 'redirect_uris/1',
  },
  'a text for a flag': { payload: { require_pkce: 'false' }, field: 'require_pkce' },
  'a public client without PKCE': {
    payload: { token_endpoint_auth_method: 'none', require_pkce: false },
    code: 'client-metadata-invalid',
    field: 'require_pkce',
  },
}

for (const [name, { payload, code = 'request-invalid', field }] of Object.entries(INVALID))
  t.test(`refused: ${name}`, async t => {
    const before = (await ask('GET', `${URL}?limit=1`)).json()
    const whole = Object.fromEntries(Object.entries({ ...WEB, ...payload }).filter(([, value]) => value !== undefined))
    expectError(t, await ask('POST', URL, whole), 400, code, { in: 'body', field })
    t.same((await ask('GET', `${URL}?limit=1`)).json(), before)
    if (Object.values(payload).includes(undefined)) return
    const client = await registered()
    expectError(t, await ask('PATCH', at(client), payload), 400, code, { in: 'body', field })
  })

t.test('what is registered is returned as it was given', async t => {
  const given = {
    ...SERVICE,
    client_name: 'Zażółć 🛰',
    token_endpoint_auth_method: 'client_secret_post',
    client_uri: 'https://scanner.example/?a=b',
    dpop_bound_access_tokens: true,
  }
  const client = await registered({ ...given, redirect_uris: [] })
  t.match((await ask('GET', at(client))).json(), given)
})

t.test('only administrators administer applications, and change them only after a recent authentication', async t => {
  const client = await registered()
  const user = await reauthenticated(app, await logIn(app))
  const promoted = await logIn(app)
  await app.db.updateTable('users').set({ access_role: 'admin' }).where('id', '=', promoted.user_id).execute()
  const { token } = await logIn(app, { email: promoted.email, password: 'Alderaan1977' })
  const requests = [
    ['GET', URL],
    ['GET', at(client)],
    ['POST', URL, WEB],
    ['PATCH', at(client), { client_name: 'Mine' }],
    ['DELETE', at(client)],
    ['POST', `${at(client)}/secret`],
  ] as const
  for (const [method, url, payload] of requests) {
    expectError(t, await ask(method, url, payload, user.token), 403, 'forbidden')
    t.equal(codeOf(await call(app, method, url)), 'authorisation-required')
    const response = await ask(method, url, payload, token)
    if (method === 'GET') t.equal(response.statusCode, 200)
    else expectError(t, response, 403, 'reauthentication-required', { max_age: 900 })
  }
  const { client_secret, ...unchanged } = client
  t.same((await ask('GET', at(client))).json(), unchanged)
})

t.test('who registered and removed it is in the history of all users, by whom it can be searched', async t => {
  const client = await registered()
  await ask('DELETE', at(client))
  const query = { actor_id: String(admin.user_id), kind: 'application-removed', limit: '1' }
  const { results } = (await call(app, 'GET', '/audit_events/v1/', { token: admin.token, query })).json()
  t.match(results, [{ user_id: 0, client_id: client.client_id, actor_id: admin.user_id, session_id: null }])
})
