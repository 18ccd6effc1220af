// Registered applications: their secrets, their own sessions, and changes at the same time.
import t from 'tap'
import { applicationSessionOpener } from '../../../../plugins/auth/login/application.ts'
import { administrator, build, call, codeOf, logIn, NO_CLIENT } from '../../../support/app.ts'
import { administratorRequest, SERVICE, WEB } from '../../../support/oauth-clients.ts'
import { beforeNextTransaction } from '../../../support/transactions.ts'

const app = await build(t)
const { oauthClients } = app
const admin = await administratorRequest(app)

const create = (metadata = WEB) => oauthClients.create(metadata, { client: NO_CLIENT })

async function find(id: string) {
  const client = await oauthClients.find(id)
  if (!client) throw new Error(`no client ${id}`)
  return client
}

const session = (id: string) => app.db.selectFrom('sessions').selectAll().where('id', '=', id).executeTakeFirstOrThrow()

/** What a token of the client's own session claims. */
const claims = (sid: string) => ({ sid, gen: 1, iat: Math.floor(Date.now() / 1000) })

t.test('a secret has 256 random bits, is returned once, and kept as a hash', async t => {
  const [first, second] = [await create(), await create()]
  t.match(first.client_secret, /^[\w-]{43}$/)
  t.not(first.client_secret, second.client_secret)
  t.not(first.client.client_id, second.client.client_id)
  const row = await app.db
    .selectFrom('oauth_clients')
    .selectAll()
    .where('client_id', '=', first.client.client_id)
    .executeTakeFirstOrThrow()
  t.notMatch(JSON.stringify(row), first.client_secret)
  t.notMatch(JSON.stringify(oauthClients.serialize(first.client)), /hash|session_id/)
})

t.test("only its own secret is a client's, whatever is presented", async t => {
  const [{ client, client_secret = '' }, other] = [await create(), await create()]
  t.ok(oauthClients.verifySecret(client, client_secret))
  for (const wrong of [
    '',
    'x',
    client_secret.toLowerCase(),
    `${client_secret} `,
    other.client_secret ?? '',
    client.secret_hash ?? '',
  ])
    t.notOk(oauthClients.verifySecret(client, wrong), JSON.stringify(wrong))
})

t.test('a public client has no secret, and neither none nor an empty one is it', async t => {
  const { client, client_secret } = await create({ ...WEB, token_endpoint_auth_method: 'none' })
  t.equal(client_secret, undefined)
  for (const secret of ['', 'null', 'undefined']) t.notOk(oauthClients.verifySecret(client, secret))
  await t.rejects(oauthClients.rotateSecret(client.client_id, admin), { code: 'client-without-secret' })
})

t.test('after a rotation both secrets are valid, until the overlap ends', async t => {
  const { client, client_secret: first = '' } = await create()
  const { client_secret: second } = await oauthClients.rotateSecret(client.client_id, admin)
  const rotated = await find(client.client_id)
  for (const secret of [first, second]) t.ok(oauthClients.verifySecret(rotated, secret))
  const left = (rotated.previous_secret_expires_at ?? 0) - Date.now()
  t.ok(Math.abs(left - 86_400_000) < 60_000, `${left} ms`)
  const past = { ...rotated, previous_secret_expires_at: Date.now() - 1 }
  t.notOk(oauthClients.verifySecret(past, first))
  t.ok(oauthClients.verifySecret(past, second))
  const { client_secret: third } = await oauthClients.rotateSecret(client.client_id, admin)
  const again = await find(client.client_id)
  t.same(
    [first, second, third].map(secret => oauthClients.verifySecret(again, secret)),
    [false, true, true],
  )
})

t.test('OAUTH_SECRET_OVERLAP_SECONDS=0: the previous secret is invalid at once', async t => {
  const app = await build(t, { OAUTH_SECRET_OVERLAP_SECONDS: '0' })
  const { client, client_secret = '' } = await app.oauthClients.create(WEB, { client: NO_CLIENT })
  const rotated = await app.oauthClients.rotateSecret(client.client_id, await administratorRequest(app))
  t.notOk(app.oauthClients.verifySecret(rotated.client, client_secret))
  t.ok(app.oauthClients.verifySecret(rotated.client, rotated.client_secret))
})

t.test('after a leak a rotation ends the previous secret and the tokens that the client got for itself', async t => {
  const { client, client_secret = '' } = await create(SERVICE)
  const { client: rotated, client_secret: next } = await oauthClients.rotateSecret(client.client_id, admin, {
    revoke: true,
  })
  t.notOk(oauthClients.verifySecret(rotated, client_secret))
  t.ok(oauthClients.verifySecret(rotated, next))
  t.not(rotated.session_id, client.session_id)
  t.ok(app.revocations.has(claims(client.session_id)))
  t.notOk(app.revocations.has(claims(rotated.session_id)))
  t.type((await session(client.session_id)).revoked_at, 'number')
  t.equal((await session(rotated.session_id)).revoked_at, null)
  t.same(await find(client.client_id), rotated)
})

t.test('of two rotations at once one is refused: the secret that is in use stays valid', async t => {
  const { client, client_secret = '' } = await create()
  const results = await Promise.allSettled([1, 2].map(() => oauthClients.rotateSecret(client.client_id, admin)))
  t.same(results.map(({ status }) => status).sort(), ['fulfilled', 'rejected'])
  for (const result of results) {
    if (result.status === 'rejected') t.equal(result.reason.code, 'changed-meanwhile')
    else t.ok(oauthClients.verifySecret(await find(client.client_id), result.value.client_secret))
  }
  t.ok(oauthClients.verifySecret(await find(client.client_id), client_secret))
})

t.test('two changes at once are both kept', async t => {
  const { client } = await create()
  const changes = [{ client_name: 'Renamed' }, { client_uri: 'https://news.example/' }, { first_party: true }]
  await Promise.all(changes.map(change => oauthClients.update(client.client_id, change, admin)))
  t.match((await find(client.client_id)).metadata, Object.assign({}, ...changes))
})

t.test('a change of what was removed meanwhile brings nothing back', async t => {
  const { client } = await create()
  beforeNextTransaction(t, app, () => oauthClients.remove(client.client_id, admin))
  await t.rejects(oauthClients.update(client.client_id, { client_name: 'Undead' }, admin), { code: 'not-found' })
  t.equal(await oauthClients.find(client.client_id), undefined)
  await t.rejects(oauthClients.rotateSecret(client.client_id, admin), { code: 'not-found' })
  await t.rejects(oauthClients.remove(client.client_id, admin), { code: 'not-found' })
})

t.test('a change that was decided on an earlier state is refused where that is said', async t => {
  const { client } = await create()
  const { client_id, updated_at: expected } = client
  const changed = await oauthClients.update(client_id, { client_name: 'One' }, admin, { expected })
  t.ok(changed.updated_at > expected)
  await t.rejects(oauthClients.update(client_id, { client_name: 'Two' }, admin, { expected }), {
    code: 'changed-meanwhile',
  })
  await t.rejects(oauthClients.rotateSecret(client_id, admin, { expected }), { code: 'changed-meanwhile' })
  t.equal((await find(client_id)).metadata.client_name, 'One')
})

t.test('a change keeps what it does not name, and null brings back the default', async t => {
  const { client } = await create({
    ...WEB,
    client_uri: 'https://news.example/',
    id_token_signed_response_alg: 'EdDSA',
  })
  const { metadata } = await oauthClients.update(
    client.client_id,
    { client_uri: null, id_token_signed_response_alg: null, grant_types: ['authorization_code', 'client_credentials'] },
    admin,
  )
  const { client_uri, ...others } = client.metadata
  t.same(metadata, {
    ...others,
    id_token_signed_response_alg: 'RS256',
    grant_types: ['authorization_code', 'client_credentials'],
  })
  await t.rejects(oauthClients.update(client.client_id, { redirect_uris: null }, admin), {
    code: 'client-metadata-invalid',
  })
  await t.rejects(oauthClients.update(client.client_id, { redirect_uris: ['javascript:alert(1)'] }, admin), {
    code: 'redirect-uri-invalid',
  })
})

t.test('a client that becomes public loses its secrets, and gets a new one when it is confidential again', async t => {
  const { client, client_secret = '' } = await create()
  await oauthClients.rotateSecret(client.client_id, admin)
  await oauthClients.update(client.client_id, { token_endpoint_auth_method: 'none' }, admin)
  const confidential = await oauthClients.update(
    client.client_id,
    { token_endpoint_auth_method: 'client_secret_post' },
    admin,
  )
  t.notOk(oauthClients.verifySecret(confidential, client_secret))
  t.notOk(oauthClients.verifySecret(confidential, ''))
  const rotated = await oauthClients.rotateSecret(client.client_id, admin)
  t.ok(oauthClients.verifySecret(rotated.client, rotated.client_secret))
  t.equal(rotated.client.previous_secret_expires_at, null)
})

t.test(
  'a client that may do less loses the tokens that it got for itself, and by other changes it does not',
  async t => {
    const { client } = await create(SERVICE)
    const changes: [changes: object, ends: boolean][] = [
      [{ client_name: 'Renamed' }, false],
      [{ scope: 'films:read profile email' }, false],
      [{ scope: 'films:read' }, true],
      [{ grant_types: ['authorization_code'], redirect_uris: ['https://news.example/cb'] }, true],
    ]
    let before = client
    for (const [change, ends] of changes) {
      const after = await oauthClients.update(client.client_id, change, admin)
      t.equal(app.revocations.has(claims(before.session_id)), ends, JSON.stringify(change))
      t.equal(after.session_id !== before.session_id, ends)
      before = after
    }
  },
)

t.test('with a client its session ends, for every process', async t => {
  const { client } = await create(SERVICE)
  t.notOk(app.revocations.has(claims(client.session_id)))
  await oauthClients.remove(client.client_id, admin)
  t.ok(app.revocations.has(claims(client.session_id)))
  t.type((await session(client.session_id)).revoked_at, 'number')
  t.equal(await oauthClients.find(client.client_id), undefined)
})

/** A user's own session, and one for the application that may be opened in it. */
async function connecting(client_id: string) {
  const { sid } = app.tokens.access.verify((await logIn(app)).token)
  const open = applicationSessionOpener(app)
  return () => open(sid, client_id, NO_CLIENT)
}

const liveSessionsOf = (client_id: string) =>
  app.db
    .selectFrom('sessions')
    .select('id')
    .where('client_id', '=', client_id)
    .where('revoked_at', 'is', null)
    .execute()

t.test('with a client the sessions of its users end, all in one step', async t => {
  const { client } = await create(WEB)
  const connect = await connecting(client.client_id)
  const ids = [await connect(), await connect(), await connect()].map(({ id }) => id)
  const heard: Set<string>[] = []
  app.revocations.onEnded(ended => void heard.push(new Set(ended)))
  await oauthClients.remove(client.client_id, admin)
  t.same(heard, [new Set([client.session_id, ...ids])])
  for (const id of ids) t.ok(app.revocations.has(claims(id)))
  t.same(await liveSessionsOf(client.client_id), [])
})

t.test('race: a login in flight opens no session of a client that is removed meanwhile', async t => {
  const { client } = await create(WEB)
  const connect = await connecting(client.client_id)
  const outcomes = Promise.allSettled([...Array.from({ length: 4 }, connect)])
  await oauthClients.remove(client.client_id, admin)
  await outcomes
  t.same(await liveSessionsOf(client.client_id), [])
  await t.rejects(connect(), { code: 'not-found' })
})

t.test(
  "the session of a client is no user's: no list has it, no clean-up takes it, no token opens anything",
  async t => {
    const { client } = await create(SERVICE)
    await app.cleanUp.run()
    t.match(await session(client.session_id), { user_id: 0, revoked_at: null, auth_time: null })
    t.ok((await session(client.session_id)).expires_at > Date.parse('9999-01-01'))
    const { token } = await administrator(app)
    t.equal(codeOf(await call(app, 'GET', '/users/v1/0/sessions', { token })), 'not-found')
    const { results } = (await call(app, 'GET', '/users/v1/sessions', { token })).json<{ results: { id: string }[] }>()
    t.notOk(results.some(({ id }) => id === client.session_id))
    await t.rejects(app.sessions.renew({ sid: client.session_id, gen: 1 }), { code: 'token-invalid' })
    await t.rejects(app.users.get(0), { code: 'user-not-found' })
  },
)

t.test('after a revocation of all sessions a client gets tokens that are valid', async t => {
  const app = await build(t)
  const { client } = await app.oauthClients.create(SERVICE, { client: NO_CLIENT })
  const before = claims(client.session_id)
  const notBefore = await app.revocations.revokeAll()
  t.ok(app.revocations.has(before))
  await app.revocations.sync()
  t.notOk(app.revocations.has({ ...before, iat: notBefore / 1000 }))
})

t.test('what no client has for an id is no client', async t => {
  for (const id of ['', 'x', 'é'.repeat(36), "' OR 1=1 --", '0'.repeat(36)])
    t.equal(await oauthClients.find(id), undefined)
})

t.test('each change is in the history, with who made it and of which client', async t => {
  const request = await administratorRequest(app)
  const { client } = await oauthClients.create(WEB, request)
  await oauthClients.update(client.client_id, { first_party: true }, request)
  await oauthClients.rotateSecret(client.client_id, request)
  await oauthClients.remove(client.client_id, request)
  const { results } = await app.auditEvents.listAll({ actor_id: request.user.user_id }, request.user)
  const { client_id } = client
  t.same(
    results
      .filter(event => event.client_id !== null)
      .map(({ kind, user_id, client_id }) => ({ kind, user_id, client_id })),
    ['application-removed', 'application-secret-rotated', 'application-changed', 'application-registered'].map(
      kind => ({
        kind,
        user_id: 0,
        client_id,
      }),
    ),
  )
})

t.test('an administrator whose session ended meanwhile changes nothing', async t => {
  const { client } = await create()
  const request = await administratorRequest(app)
  await app.sessions.end(request.user.user_id, request.user.sid, NO_CLIENT)
  await t.rejects(oauthClients.create(WEB, request), { code: 'token-invalid' })
  await t.rejects(oauthClients.update(client.client_id, { client_name: 'x' }, request), { code: 'token-invalid' })
  await t.rejects(oauthClients.rotateSecret(client.client_id, request), { code: 'token-invalid' })
  await t.rejects(oauthClients.remove(client.client_id, request), { code: 'token-invalid' })
  t.same(await find(client.client_id), client)
})

t.test('applications are listed newest first, in pages', async t => {
  const app = await build(t)
  const created: string[] = []
  for (const client_name of ['A', 'B', 'C', 'D', 'E'])
    created.unshift((await app.oauthClients.create({ ...WEB, client_name }, { client: NO_CLIENT })).client.client_id)
  // Two of the same millisecond are listed once each, too.
  await app.db.updateTable('oauth_clients').set({ created_at: 1 }).where('name', 'in', ['A', 'B']).execute()
  const listed: string[] = []
  let cursor: string | undefined
  do {
    const page = await app.oauthClients.list({ limit: 2, ...(cursor && { cursor }) })
    listed.push(...page.results.map(({ client_id }) => client_id))
    cursor = page.next_cursor ?? undefined
  } while (cursor)
  t.same(listed.slice(0, 3), created.slice(0, 3))
  t.same(listed.toSorted(), created.toSorted())
  await t.rejects(app.oauthClients.list({ cursor: 'eA' }), { code: 'request-invalid' })
})
