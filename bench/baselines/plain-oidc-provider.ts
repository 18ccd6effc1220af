/**
 * The library alone: oidc-provider as its documentation shows it, with everything in memory and nothing around it. The tokens are the same: their
 * algorithm, format and key, the client and its authentication, PKCE. It has no log, limits or metrics, and what it issued is lost at a restart.
 */
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { type Adapter, type AdapterPayload, type JWK, Provider } from 'oidc-provider'
import { tokenRequests } from '../harness/authorizations.ts'
import { answerParent } from '../harness/messages.ts'

export interface Question {
  /** How many authorization codes to make. */
  codes: number
  /** The private key that signs. */
  key: JWK
  client: { id: string; secret: string }
  resource: string
}

/** Larger than any round: the library's own adapter forgets what is older than a thousand entries. */
class Memory implements Adapter {
  readonly #records = new Map<string, AdapterPayload>()
  async upsert(id: string, payload: AdapterPayload) {
    this.#records.set(id, payload)
  }
  async find(id: string) {
    return this.#records.get(id)
  }
  async consume(id: string) {
    const payload = this.#records.get(id)
    if (payload) payload.consumed = Math.floor(Date.now() / 1000)
  }
  async destroy(id: string) {
    this.#records.delete(id)
  }
  async findByUid() {
    return undefined
  }
  async findByUserCode() {
    return undefined
  }
  async revokeByGrantId() {}
}

let started: ReturnType<typeof start> | undefined

answerParent(async (question: Question) => {
  started ??= start(question)
  const { url, requests } = await started
  return { url, ...(await requests(question.codes)) }
})

async function start({ key, client, resource }: Question) {
  const adapters = new Map<string, Memory>()
  const provider = new Provider('http://holocron.test', {
    adapter: name => {
      const adapter = adapters.get(name) ?? new Memory()
      adapters.set(name, adapter)
      return adapter
    },
    clients: [
      {
        client_id: client.id,
        client_secret: client.secret,
        redirect_uris: ['https://bench.example/callback'],
        grant_types: ['authorization_code', 'refresh_token', 'client_credentials'],
        response_types: ['code'],
        token_endpoint_auth_method: 'client_secret_post',
        id_token_signed_response_alg: 'EdDSA',
      },
    ],
    cookies: { keys: [randomBytes(32).toString('hex')] },
    jwks: { keys: [key] },
    scopes: ['openid', 'offline_access'],
    findAccount: (_ctx, accountId) => ({ accountId, claims: () => ({ sub: accountId }) }),
    features: {
      clientCredentials: { enabled: true },
      devInteractions: { enabled: false },
      introspection: { enabled: true },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => resource,
        getResourceServerInfo: () => ({
          scope: 'films:read',
          audience: resource,
          accessTokenFormat: 'jwt',
          jwt: { sign: { alg: 'EdDSA' } },
        }),
        useGrantedResource: () => true,
      },
    },
    rotateRefreshToken: false,
    enabledJWA: { idTokenSigningAlgValues: ['EdDSA'] },
  })
  const server = provider.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const found = await provider.Client.find(client.id)
  if (!found) throw new Error('no client')
  const requests = tokenRequests({
    provider,
    client: found,
    resource,
    accountId: '1',
    openGrant: async () => undefined,
  })
  return { url: `http://127.0.0.1:${port}`, requests }
}
