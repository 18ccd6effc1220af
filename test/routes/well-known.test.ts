// Discovery (RFC 8414): a verifier needs the issuer alone.
import fp from 'fastify-plugin'
import t from 'tap'
import { build, call, logIn } from '../support/app.ts'
import { partsOf } from '../support/jwt/forge.ts'
import { buildWith } from '../support/routes.ts'
import { tokenSource } from '../support/token-source.ts'

const NAMES = ['oauth-authorization-server', 'openid-configuration']

t.test('the metadata leads from the issuer to the keys, under both names', async t => {
  const app = await build(t, { PUBLIC_URL: 'https://login.example/auth/', ACCESS_TOKEN_ALGORITHM: 'RS256' })
  for (const name of NAMES) {
    const response = await call(app, 'GET', `/.well-known/${name}`)
    t.equal(response.statusCode, 200)
    t.equal(response.headers['cache-control'], 'public, max-age=300')
    t.match(response.json(), {
      issuer: 'https://login.example/auth',
      jwks_uri: 'https://login.example/auth/.well-known/jwks.json',
      subject_types_supported: ['public'],
      id_token_signing_alg_values_supported: ['RS256', 'EdDSA', 'ES256'],
      token_endpoint: 'https://login.example/auth/oauth2/token',
    })
    t.notOk(
      Object.values(response.json()).some(value => Array.isArray(value) && value.length === 0),
      'no empty list, as RFC 8414 has it',
    )
  }
})

t.test('the issuer is the iss of tokens, and the keys are those of the JWKS', async t => {
  const app = await build(t, { ACCESS_TOKEN_ALGORITHM: 'ES256' })
  const { token } = await logIn(app)
  const { header, claims } = partsOf('access', token)
  const metadata = (await call(app, 'GET', '/.well-known/openid-configuration')).json()
  t.equal(metadata.issuer, claims.iss)
  t.equal(metadata.id_token_signing_alg_values_supported[0], header.alg)
  const { keys } = (await call(app, 'GET', new URL(metadata.jwks_uri).pathname)).json()
  t.equal(keys[0].kid, header.kid)
})

t.test('a plugin adds what it serves', async t => {
  const fields = { token_endpoint: 'http://holocron.test/oauth2/token', response_types_supported: ['code'] }
  const app = await buildWith(
    t,
    fp(async app => app.discovery.add(fields)),
  )
  for (const name of NAMES) t.match((await call(app, 'GET', `/.well-known/${name}`)).json(), fields)
})

t.test(
  'the metadata of the protected resource says whose tokens it takes, and each 401 of what applications may open leads to it',
  async t => {
    const app = await build(t, { PUBLIC_URL: 'https://login.example/auth/', APP_NAME: 'Archive' })
    const response = await call(app, 'GET', '/.well-known/oauth-protected-resource')
    t.equal(response.headers['cache-control'], 'public, max-age=300')
    t.same(response.json(), {
      resource: 'https://login.example/auth',
      authorization_servers: ['https://login.example/auth'],
      scopes_supported: ['contacts:read', 'contacts:write', 'films:read', 'vaccinations:read', 'vaccinations:write'],
      bearer_methods_supported: ['header'],
      resource_name: 'Archive',
    })
    const source = tokenSource(app)
    const { token, user_id } = await logIn(app)
    const challengeOf = async (url: string, options: object = {}) => {
      const { headers } = await call(app, 'GET', url, options)
      return headers['www-authenticate']
    }
    t.equal(await challengeOf('/films/v1/'), `Bearer ${source}`)
    t.equal(
      await challengeOf('/films/v1/', { token: `${token}x` }),
      `Bearer error="invalid_token", error_description="token-invalid", ${source}`,
    )
    t.equal(await challengeOf(`/users/v1/${user_id}`), 'Bearer', 'no application gets in there')
  },
)
