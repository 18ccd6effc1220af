// An application is registered on the machine itself, by whoever may read the service's configuration.
import t from 'tap'
import { build, environment } from '../support/app.ts'
import { run } from '../support/run-script.ts'

const env = await environment(t)
const app = await build(t, env)
const createClient = (...args: string[]) => run('create-client.ts', args, env)

const WEB = ['--name', 'Holonet News', '--redirect-uri', 'https://news.example/callback']

async function registered(...args: string[]) {
  const { code, out, err } = await createClient(...args)
  t.same({ code, err }, { code: 0, err: '' })
  const [, id = '', secret] = /^client_id=(\S+)\n(?:client_secret=(\S+)\n)?$/.exec(out) ?? []
  const client = await app.oauthClients.find(id)
  if (!client) throw new Error(`not registered: ${out}`)
  return { ...client, secret }
}

t.test('an application is registered beside the running service, its secret printed once', async t => {
  const client = await registered(...WEB, '--redirect-uri', 'https://news.example/silent')
  t.match(client.metadata, {
    client_name: 'Holonet News',
    redirect_uris: ['https://news.example/callback', 'https://news.example/silent'],
    grant_types: ['authorization_code'],
    token_endpoint_auth_method: 'client_secret_basic',
    require_pkce: true,
    first_party: false,
  })
  t.ok(app.oauthClients.verifySecret(client, client.secret ?? ''))
  const events = await app.db.selectFrom('audit_events').selectAll().where('client_id', '=', client.client_id).execute()
  t.match(events, [
    { kind: 'application-registered', user_id: 0, actor_id: null, user_agent: 'create-client', ip: null },
  ])
})

t.test('a public, native application of our own has no secret', async t => {
  const { metadata, secret } = await registered(
    ...['--name', 'Holonet', '--public', '--native', '--first-party'],
    ...['--redirect-uri', 'com.example.holonet:/callback', '--post-logout-redirect-uri', 'com.example.holonet:/'],
    ...['--grant', 'authorization_code', '--grant', 'refresh_token', '--grant', 'device_code'],
  )
  t.equal(secret, undefined)
  t.match(metadata, {
    token_endpoint_auth_method: 'none',
    application_type: 'native',
    first_party: true,
    post_logout_redirect_uris: ['com.example.holonet:/'],
    grant_types: ['authorization_code', 'refresh_token', 'urn:ietf:params:oauth:grant-type:device_code'],
    scope: 'openid profile email offline_access',
  })
})

t.test('an application that takes passwords is one of our own', async t => {
  const { metadata } = await registered(
    ...['--name', 'Terminal', '--grant', 'password', '--grant', 'refresh_token', '--first-party'],
  )
  t.match(metadata, { grant_types: ['password', 'refresh_token'], scope: 'openid profile email offline_access' })
})

t.test('a program that calls others has a scope, and no redirect URI', async t => {
  const { metadata, secret } = await registered(
    ...['--name', 'Scanner', '--grant', 'client_credentials', '--scope', 'films:read profile'],
  )
  t.match(metadata, { grant_types: ['client_credentials'], scope: 'films:read profile', redirect_uris: [] })
  t.type(secret, 'string')
})

t.test('a scope that has no effect without another grant is said to have none', async t => {
  const { code, out, err } = await createClient(...WEB, '--scope', 'openid offline_access')
  t.equal(code, 0)
  t.match(out, /^client_id=\S+\nclient_secret=\S+\n$/)
  t.match(err, /^Warning: without --grant refresh_token the scope offline_access gives no refresh token\.\n$/)
})

t.test('what is refused is registered nowhere, and one line says why', async t => {
  const before = await app.db.selectFrom('oauth_clients').selectAll().execute()
  const cases: [args: string[], reason: RegExp][] = [
    [['--name', 'Holonet News'], /^redirect_uris must have one for the grant authorization_code\n$/],
    [
      ['--name', 'x', '--redirect-uri', 'javascript:alert(1)'],
      /^redirect_uris\/0 must use https[^\n]*: javascript:alert\(1\)\n$/,
    ],
    [
      [...WEB, '--public', '--grant', 'client_credentials'],
      /^grant_types must not include client_credentials[^\n]*\n$/,
    ],
    [
      [...WEB, '--grant', 'implicit'],
      /^grant_types\/0 must be one of authorization_code, refresh_token, client_credentials, device_code, password\n$/,
    ],
    [[...WEB, '--grant', 'password'], /^grant_types must include password for first-party[^\n]*\n$/],
    [['--name', '', '--redirect-uri', 'https://news.example/'], /^client_name [^\n]*\n$/],
    [[...WEB, '--scope', 'openid  email'], /^scope [^\n]*\n$/],
    [
      [...WEB, '--scope', 'openid droids:read'],
      /^scope must name none but openid, .*films:read.*: droids:read is unknown\n$/,
    ],
  ]
  for (const [args, reason] of cases) {
    const { code, out, err } = await createClient(...args)
    t.same({ code, out }, { code: 1, out: '' }, args.join(' '))
    t.match(err, reason)
  }
  t.same(await app.db.selectFrom('oauth_clients').selectAll().execute(), before)
})

t.test('--help names every option; other arguments get the reason and the usage', async t => {
  const { code, out } = await createClient('--help')
  t.equal(code, 0)
  for (const option of [
    '--name',
    '--redirect-uri',
    '--post-logout-redirect-uri',
    '--grant',
    '--scope',
    '--public',
    '--native',
    '--first-party',
  ])
    t.match(out, option)
  const cases: [args: string[], reason: string][] = [
    [[], '--name is missing'],
    [['Holonet'], "Unexpected argument 'Holonet'"],
    [[...WEB, '--secret', 'x'], "Unknown option '--secret'"],
    [[...WEB, 'more'], "Unexpected argument 'more'"],
    [['--name'], "'--name <value>' argument missing"],
  ]
  for (const [args, reason] of cases) {
    const { code, err } = await createClient(...args)
    t.equal(code, 1, args.join(' '))
    const [first = '', second] = err.split('\n')
    t.ok(first?.includes(reason), first)
    t.match(second, /^Usage: npm run create-client -- --name NAME/)
  }
})
