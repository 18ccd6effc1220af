// The administration's pages about registered applications.

import t from 'tap'
import { DEVICE_CODE, type NewOAuthClient } from '#schemas/oauth-clients.ts'
import { build, NO_CLIENT } from '../../support/app.ts'
import { administratorsBrowser, signedInBrowser } from '../../support/console.ts'
import { SERVICE, WEB } from '../../support/oauth-clients.ts'

const PATH = '/admin/applications'
const app = await build(t)
const admin = await administratorsBrowser(app)

/** What the form of a new application sends. */
const FORM: [string, string][] = [
  ['client_name', 'Holonet News'],
  ['application_type', 'web'],
  ['token_endpoint_auth_method', 'client_secret_basic'],
  ['grant_types', 'authorization_code'],
  ['grant_types', 'refresh_token'],
  ['redirect_uris', 'https://news.example/callback\r\nhttps://news.example/silent\r\n'],
  ['post_logout_redirect_uris', 'https://news.example/bye'],
  ['scope', ''],
  ['require_pkce', 'on'],
  ['client_uri', ''],
  ['policy_uri', ''],
  ['tos_uri', ''],
  ['jwks', ''],
  ['jwks_uri', ''],
  ['id_token_signed_response_alg', 'RS256'],
  ['backchannel_logout_uri', ''],
]
const filled = (changes: Record<string, string | undefined>) =>
  [...FORM.filter(([name]) => !(name in changes)), ...Object.entries(changes)].filter(
    (field): field is [string, string] => field[1] !== undefined,
  )

const create = (members: object = {}) => app.oauthClients.create({ ...WEB, ...members }, { client: NO_CLIENT })
const secretIn = (body: string) => /<code class="secret" translate="no">([\w-]{43})<\/code>/.exec(body)?.[1]
const idIn = (body: string) => /<code class="secret" translate="no">([0-9a-f-]{36})<\/code>/.exec(body)?.[1] ?? ''

async function find(id: string) {
  const client = await app.oauthClients.find(id)
  if (!client) throw new Error(`no application ${id}`)
  return client
}

t.test('without any, the page says so, and the administration leads to it', async t => {
  t.match((await admin.open(PATH)).body, 'No application is registered.')
  t.match((await admin.open('/admin/users')).body, `<a href="${PATH}">Applications</a>`)
})

t.test('an application is registered, and its secret shown this once', async t => {
  const page = await admin.submit(`${PATH}/new`, FORM)
  t.equal(page.statusCode, 200)
  t.equal(page.headers['cache-control'], 'no-store')
  const client = await find(idIn(page.body))
  t.match(client.metadata, {
    client_name: 'Holonet News',
    redirect_uris: ['https://news.example/callback', 'https://news.example/silent'],
    grant_types: ['authorization_code', 'refresh_token'],
    scope: 'openid profile email offline_access',
    require_pkce: true,
    first_party: false,
  })
  const secret = secretIn(page.body) ?? ''
  t.ok(app.oauthClients.verifySecret(client, secret))
  t.match(page.body, app.config.PUBLIC_URL, 'what libraries are given besides')
  const path = `${PATH}/${client.client_id}`
  const shown = (await admin.open(path)).body
  for (const text of [app.config.PUBLIC_URL, 'https://news.example/silent', 'https://news.example/bye'])
    t.match(shown, text)
  for (const url of [PATH, path, `${path}/edit`, `${path}/secret`, `${path}/deletion`]) {
    const { statusCode, body } = await admin.open(url)
    t.equal(statusCode, 200, url)
    t.match(body, 'Holonet News')
    t.notMatch(body, secret)
  }
})

t.test('the same form, sent again or twice at once, registers one application', async t => {
  const all = async () => (await app.db.selectFrom('oauth_clients').select('client_id').execute()).length
  for (const times of [1, 2]) {
    const action = /action="([^"]*\/new\?id=[^"]*)"/.exec((await admin.open(`${PATH}/new`)).body)?.[1] ?? ''
    const before = await all()
    const pages = await Promise.all(Array.from({ length: times }, () => admin.submit(action, FORM)))
    const first = pages.find(({ statusCode }) => statusCode === 200)
    const path = `${PATH}/${idIn(first?.body ?? '')}`
    for (const page of [...pages.filter(page => page !== first), await admin.submit(action, FORM)]) {
      t.equal(page.statusCode, 303, page.body)
      t.equal(page.headers.location, `${path}?done=registered`)
    }
    t.match((await admin.open(`${path}?done=registered`)).body, 'The application was registered before.')
    t.equal(await all(), before + 1)
    const { metadata } = await find(idIn(first?.body ?? ''))
    t.match(first?.body, /secret/)
    t.equal(metadata.client_name, 'Holonet News')
  }
})

t.test('the list says what each application is: one that nobody is led to is no web application', async t => {
  const kinds: [name: string, members: Partial<NewOAuthClient>, kind: string][] = [
    ['Holonet', {}, 'Web application'],
    ['Comlink', { application_type: 'native' }, 'On a phone or a computer'],
    ['Television', { redirect_uris: [], grant_types: [DEVICE_CODE] }, 'On devices without a browser'],
    ['Scanner', SERVICE, 'Program without users'],
  ]
  for (const [client_name, members] of kinds) await create({ ...members, client_name })
  const { body } = await admin.open(PATH)
  for (const [name, , kind] of kinds)
    t.match(body, new RegExp(`${name}</bdi></a></h2>\\s*<p class="hint"><code[^<]*</code> · ${kind}\\s*</p>`), name)
})

t.test('what was typed comes back with what is wrong with it', async t => {
  const before = await app.db.selectFrom('oauth_clients').selectAll().execute()
  const cases: [changes: Record<string, string | undefined>, field: string, text: RegExp][] = [
    [{ client_name: ' ' }, 'client_name', /Enter a name, without control characters\./],
    [
      { redirect_uris: 'https://news.example/#top' },
      'redirect_uris',
      /One of these URIs is not allowed: https:\/\/news\.example\/#top/,
    ],
    [{ redirect_uris: '' }, 'redirect_uris', /Enter at least one URI/],
    [{ redirect_uris: 'https://a.example/ https://a.example/' }, 'redirect_uris', /each once/],
    [{ post_logout_redirect_uris: 'javascript:alert(1)' }, 'post_logout_redirect_uris', /not allowed/],
    [{ grant_types: undefined }, 'grant_types', /Choose at least one/],
    [{ token_endpoint_auth_method: 'none', require_pkce: undefined }, 'require_pkce', /must use PKCE/],
    [{ token_endpoint_auth_method: 'private_key_jwt' }, 'token_endpoint_auth_method', /public keys/],
    [{ jwks: '{"keys":[' }, 'jwks', /JSON Web Key Set/],
    [{ jwks: '{"keys":[{"kty":"oct","k":"AAAA"}]}' }, 'jwks', /public keys only/],
    [{ scope: 'openid "x"' }, 'scope', /separated by single spaces/],
    [{ scope: 'openid droids:read' }, 'scope', /Name only scopes that there are/],
    [{ policy_uri: 'javascript:alert(1)' }, 'policy_uri', /begins with https/],
    [{ backchannel_logout_session_required: 'on' }, 'backchannel_logout_session_required', /logout tokens/],
  ]
  for (const [changes, field, text] of cases) {
    const { statusCode, body } = await admin.submit(`${PATH}/new`, filled(changes))
    t.equal(statusCode, 400, JSON.stringify(changes))
    t.match(body, new RegExp(`<a href="#${field}">[^<]*${text.source}`), field)
    t.match(body, `id="${field}-error"`)
    t.notMatch(body, '"object Object"')
    const typed = /[a-z.]+\.example|oct|alert/.exec(Object.values(changes)[0] ?? '')
    if (typed) t.match(body, typed[0])
    if (field !== 'client_name') t.match(body, 'value="Holonet News"')
  }
  t.same(await app.db.selectFrom('oauth_clients').selectAll().execute(), before)
})

t.test('an application is changed as its form says, and what is left empty goes', async t => {
  const { client } = await create({ client_uri: 'https://news.example/', first_party: true })
  const path = `${PATH}/${client.client_id}`
  const form = (await admin.open(`${path}/edit`)).body
  t.match(form, 'value="https://news.example/"')
  t.match(form, />https:\/\/news\.example\/callback<\/textarea>/)
  const action = /action="([^"]*\/edit\?version=[^"]*)"/.exec(form)?.[1] ?? ''
  const saved = await admin.submit(action, filled({ client_name: 'Renamed', scope: 'openid' }))
  t.equal(saved.headers.location, `${path}?done=saved`)
  t.match((await admin.open(`${path}?done=saved`)).body, 'The application is changed.')
  const { metadata } = await find(client.client_id)
  t.match(metadata, { client_name: 'Renamed', scope: 'openid', first_party: false, require_pkce: true })
  t.notOk('client_uri' in metadata)

  const late = await admin.submit(action, filled({ client_name: 'Too late' }))
  t.equal(late.statusCode, 409)
  t.match(late.body, 'was changed in the meantime')
  t.match(late.body, 'value="Too late"')
  t.equal((await find(client.client_id)).metadata.client_name, 'Renamed')
  const again = /action="([^"]*\/edit\?version=[^"]*)"/.exec(late.body)?.[1] ?? ''
  t.equal((await admin.submit(again, filled({ client_name: 'Too late' }))).statusCode, 303)
  t.equal((await find(client.client_id)).metadata.client_name, 'Too late')
})

t.test('keys are typed as JSON, and shown as such', async t => {
  const jwks = { keys: [{ kty: 'OKP', crv: 'Ed25519', x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo' }] }
  const page = await admin.submit(
    `${PATH}/new`,
    filled({ token_endpoint_auth_method: 'private_key_jwt', jwks: JSON.stringify(jwks) }),
  )
  t.equal(secretIn(page.body), undefined)
  t.match(page.body, 'The application has no secret.')
  const id = idIn(page.body)
  t.same((await find(id)).metadata.jwks, jwks)
  t.match((await admin.open(`${PATH}/${id}/edit`)).body, 'Ed25519')
  t.equal((await admin.open(`${PATH}/${id}/secret`)).statusCode, 409)
  t.notMatch((await admin.open(`${PATH}/${id}`)).body, `${id}/secret`)
})

t.test('a secret is renewed after a question, and sending the form twice does not end the one in use', async t => {
  const { client, client_secret = '' } = await create()
  const path = `${PATH}/${client.client_id}/secret`
  const question = (await admin.open(path)).body
  t.match(question, 'Renew the secret?')
  t.same(await find(client.client_id), client, 'asking does nothing')
  const version = /name="version" value="([^"]+)"/.exec(question)?.[1] ?? ''
  const page = await admin.submit(path, { version })
  const rotated = await find(client.client_id)
  for (const secret of [client_secret, secretIn(page.body) ?? '']) t.ok(app.oauthClients.verifySecret(rotated, secret))
  t.match(page.body, 'The previous secret is valid until')
  t.equal((await admin.submit(path, { version })).statusCode, 409)
  t.same(await find(client.client_id), rotated)
  t.match((await admin.open(path)).body, 'ends at once')

  const leaked = await admin.submit(path, { revoke: 'on' })
  const after = await find(client.client_id)
  t.same(
    [client_secret, secretIn(page.body) ?? '', secretIn(leaked.body) ?? ''].map(secret =>
      app.oauthClients.verifySecret(after, secret),
    ),
    [false, false, true],
  )
  t.not(after.session_id, client.session_id)
})

t.test('an application is deleted after a question', async t => {
  const { client } = await create()
  const path = `${PATH}/${client.client_id}`
  t.match((await admin.open(`${path}/deletion`)).body, 'Delete this application?')
  t.ok(await app.oauthClients.find(client.client_id), 'asking does nothing')
  const deleted = await admin.submit(`${path}/deletion`)
  t.equal(deleted.headers.location, `${PATH}?done=deletion`)
  t.match((await admin.open(`${PATH}?done=deletion`)).body, 'The application is deleted.')
  t.equal(await app.oauthClients.find(client.client_id), undefined)
  for (const page of [path, `${path}/edit`, `${path}/secret`, `${path}/deletion`]) {
    const { statusCode, body } = await admin.open(page)
    t.equal(statusCode, 404, page)
    t.match(body, '<h1')
  }
  for (const page of ['edit', 'secret', 'deletion'])
    t.equal((await admin.submit(`${path}/${page}`, FORM)).statusCode, page === 'secret' ? 400 : 404, page)
})

t.test('whoever has not authenticated lately does so first, and comes back to the page', async t => {
  const { client } = await create()
  const path = `${PATH}/${client.client_id}`
  const stale = await signedInBrowser(app, admin.user)
  for (const page of [`${PATH}/new`, `${path}/edit`, `${path}/secret`, `${path}/deletion`]) {
    const expected = `/account/reauthenticate?redirect_to=${encodeURIComponent(page)}`
    t.equal((await stale.open(page)).headers.location, expected)
    t.equal((await stale.submit(page, FORM, page)).headers.location, expected)
  }
  t.equal((await stale.open(path)).statusCode, 200)
  t.same(await find(client.client_id), client)
})

t.test('nobody but administrators gets there, and no other site sends the forms', async t => {
  const { client } = await create()
  const user = await signedInBrowser(app)
  await user.reauthenticate()
  for (const page of ['', '/new', `/${client.client_id}`, `/${client.client_id}/edit`, `/${client.client_id}/deletion`])
    t.equal((await user.open(PATH + page)).statusCode, 403, page)
  t.equal((await user.submit(`${PATH}/new`, FORM)).statusCode, 403)
  t.equal((await user.submit(`${PATH}/${client.client_id}/deletion`)).statusCode, 403)
  t.same(await find(client.client_id), client)
})

t.test('the history says which application it was, and of a deleted one its id', async t => {
  const page = await admin.submit(`${PATH}/new`, filled({ client_name: 'Told of' }))
  const id = idIn(page.body)
  t.match(
    (await admin.open('/admin/history')).body,
    new RegExp(`Application registered</strong> · <a href="${PATH}/${id}"><bdi>Told of`),
  )
  await admin.submit(`${PATH}/${id}/deletion`)
  const history = (await admin.open('/admin/history?kind=application-removed')).body
  t.match(history, `Application removed</strong> · Application ${id}, which was deleted`)
  t.match(history, 'By you')
})

t.test('the pages speak German and Spanish', async t => {
  t.match((await admin.open(`${PATH}/new?lang=de`)).body, 'Anwendung registrieren')
  t.match((await admin.open(`${PATH}/new?lang=es`)).body, 'Registrar una aplicación')
  const wrong = await admin.submit(`${PATH}/new?lang=de`, filled({ redirect_uris: '' }))
  t.match(wrong.body, 'Geben Sie mindestens eine URI ein')
})

t.test('names of applications are text on every page', async t => {
  const client_name = '<b>"News" & \'more\'</b>'
  const { client } = await create({ client_name })
  for (const page of [
    '',
    `/${client.client_id}`,
    `/${client.client_id}/edit`,
    `/${client.client_id}/deletion`,
    `/${client.client_id}/secret`,
  ])
    t.notMatch((await admin.open(PATH + page)).body, '<b>', page)
})
