/** The OpenID provider's token endpoint and introspection, against the library alone with everything in memory, and the statements alone. */

import { createPrivateKey } from 'node:crypto'
import { join } from 'node:path'
import type { JWK } from 'oidc-provider'
import { build } from '../../app.ts'
import { readConfig } from '../../plugins/config/index.ts'
import { transaction } from '../../sql/connection/transaction.ts'
import { insertSession } from '../../sql/sessions.ts'
import { findUserByEmail } from '../../sql/users.ts'
import type { OAuthStatements } from '../baselines/bare-oauth-statements.ts'
import type { Question } from '../baselines/plain-oidc-provider.ts'
import { codeVerifier, type Granted, REDIRECT_URI, tokenRequests } from '../harness/authorizations.ts'
import type { Request } from '../harness/load.ts'
import { ask } from '../harness/messages.ts'
import type { Run, Target } from '../harness/rounds.ts'
import { httpTarget, type Scenario, SERVICE, type Setup, startBaseline } from '../harness/scenario.ts'
import { temporaryFolder } from '../harness/teardown.ts'

const PLAIN = 'plain oidc-provider'
const STATEMENTS = 'bare statements'
const CONNECTIONS = 8
const GOAL = 1.5
const DAY = 86_400_000

interface Side {
  name: string
  pid: number
  url: string
  granted(codes: number): Promise<Granted>
}

interface Credentials {
  id: string
  secret: string
}

type Ask = (side: Side, credentials: Record<string, string>, amount: number) => Promise<Request>

const form = (fields: Record<string, string>) => new URLSearchParams(fields).toString()
const post = (url: string, more: Partial<Request>, contains: string): Request => ({
  url,
  method: 'POST',
  headers: { 'content-type': 'application/x-www-form-urlencoded' },
  expect: { status: 200, bodyContains: contains },
  ...more,
})

/** `grant_type=client_credentials`: a JWT for a resource. */
export const clientCredentials = scenario('client-credentials', async ({ url }, credentials) =>
  post(
    `${url}/token`,
    { body: form({ ...credentials, grant_type: 'client_credentials', scope: 'films:read' }) },
    '"access_token":"ey',
  ),
)

/** `grant_type=refresh_token` of a confidential client: a JWT and an ID token. */
export const refresh = scenario('refresh', async ({ url, granted }, credentials) => {
  const { refreshToken } = await granted(0)
  const fields = { ...credentials, grant_type: 'refresh_token', refresh_token: refreshToken }
  return post(`${url}/token`, { body: form(fields) }, '"id_token":"ey')
})

/** `grant_type=authorization_code`: a JWT, an ID token and a refresh token, for a code of its own each. */
export const code = scenario('code', async ({ url, granted }, credentials, amount) => {
  const { codes } = await granted(amount)
  const fields = {
    ...credentials,
    grant_type: 'authorization_code',
    redirect_uri: REDIRECT_URI,
    code_verifier: codeVerifier,
  }
  return post(`${url}/token`, { bodies: codes.map(code => form({ ...fields, code })) }, '"refresh_token":"')
})

/** Introspection of an access token that is kept. */
export const introspection = scenario('introspection', async ({ url, granted }, credentials) => {
  const { accessToken } = await granted(0)
  const path = url.endsWith('/oauth2') ? '/introspect' : '/token/introspection'
  return post(`${url}${path}`, { body: form({ ...credentials, token: accessToken }) }, '"active":true')
})

function scenario(kind: OAuthStatements['kind'], request: Ask): (setup: Setup) => Promise<Scenario> {
  return async setup => {
    const { service, plain, client } = await sides(setup)
    const credentials = { client_id: client.id, client_secret: client.secret }
    const target = (side: Side): Target => {
      let prepared: Request | undefined
      const sent = async (amount: number) => prepared ?? request(side, credentials, amount)
      return {
        ...httpTarget(setup, { name: side.name, pid: side.pid, connections: CONNECTIONS }, sent),
        // Codes are made by one side itself.
        async prepare(amount) {
          prepared = await request(side, credentials, amount)
        },
      }
    }
    const name = `oauth: ${kind}`
    const over = { metric: 'cpuPerRequest', numerator: SERVICE, denominator: PLAIN } as const
    return {
      name,
      connections: CONNECTIONS,
      targets: [target(service), target(plain), statements(setup, kind)],
      ratios: [
        { ...over, title: `${name}: CPU, service ÷ ${PLAIN}`, atMost: GOAL },
        { ...over, title: `${name}: CPU, service ÷ (${PLAIN} + statements)`, plus: STATEMENTS },
      ],
    }
  }
}

/** What the database alone costs. */
function statements(setup: Setup, kind: OAuthStatements['kind']): Target {
  const child = startBaseline(setup, 'bare-oauth-statements')
  const database = setup.database ?? `sqlite:${join(temporaryFolder(), 'statements.db')}`
  const send = <Answer>(amount: number, prepare: boolean) => {
    const work: OAuthStatements = { kind, database, amount, prepare, concurrency: CONNECTIONS }
    return ask<Answer>(child, work, setup.seconds * 20 + 120)
  }
  return {
    name: STATEMENTS,
    pid: child.pid,
    prepare: async amount => void (await send(amount, true)),
    run: amount => send<Run>(amount, false),
  }
}

let prepared: Promise<{ service: Side; plain: Side; client: Credentials }> | undefined

function sides(setup: Setup) {
  prepared ??= prepare(setup)
  return prepared
}

/** The service's application, users and grants are made by this process, in the service's database: none of it counts as the service's work. */
async function prepare(setup: Setup): Promise<{ service: Side; plain: Side; client: Credentials }> {
  const app = build(readConfig({ ...setup.service.env, LOG_LEVEL: 'silent' }), undefined, { worksInBackground: false })
  await app.ready()
  const { client, client_secret: secret = '' } = await app.oauthClients.create(
    {
      client_name: 'Bench',
      redirect_uris: [REDIRECT_URI],
      grant_types: ['authorization_code', 'refresh_token', 'client_credentials'],
      token_endpoint_auth_method: 'client_secret_post',
      id_token_signed_response_alg: 'EdDSA',
      scope: 'openid offline_access films:read',
    },
    { client: { ip: null, userAgent: null, limitKey: '' } },
  )
  const id = client.client_id
  const provider = await app.openidProvider.library()
  const user = await findUserByEmail(app.db, setup.account.email)
  const found = await provider.Client.find(id)
  if (!user || !found) throw new Error('neither user nor client')
  const resource = app.config.PUBLIC_URL
  const device = { user_agent: null, ip: '127.0.0.1' }
  const granted = tokenRequests({
    provider,
    client: found,
    resource,
    accountId: String(user.id),
    openGrant: async () =>
      transaction(app.db, async tx => {
        const session = await insertSession(tx, { user_id: user.id, lifetime: DAY, client_id: id, ...device })
        return session.id
      }),
  })
  const [key] = app.keys.tokens.access
  const jwk = { ...createPrivateKey(key?.private ?? '').export({ format: 'jwk' }), alg: 'EdDSA', use: 'sig' } as JWK
  const child = startBaseline(setup, 'plain-oidc-provider')
  const question = (codes: number): Question => ({ codes, key: jwk, client: { id, secret }, resource })
  const answer = (codes: number) => ask<Granted & { url: string }>(child, question(codes), setup.seconds * 10 + 60)
  return {
    client: { id, secret },
    service: { name: SERVICE, pid: setup.service.pid, url: `${setup.service.url}/oauth2`, granted },
    plain: { name: PLAIN, pid: child.pid, url: (await answer(0)).url, granted: answer },
  }
}
