/** A certified OpenID provider, with the ways of Google, LinkedIn and companies, and those of attackers. */

import type { AdapterFactory } from 'oidc-provider'
import { memory } from '../../../scripts/demo-provider/memory.ts'
import type { Person } from '../../../scripts/demo-provider/people-page.ts'
import { createProvider, type Reply } from '../../../scripts/demo-provider/provider.ts'
import type { Test } from '../app.ts'
import { type Counterpart, startCounterpart } from './counterpart.ts'
import { type IdToken, parse, type SigningKey, signed, signingKey } from './id-token.ts'

export interface OpenidOptions {
  redirectUris: string[]
  clientId?: string
  clientSecret?: string
  clientAuth?: 'client_secret_post' | 'client_secret_basic'
  /** Path of the issuer: discovery and all endpoints are below it. */
  path?: string
  /** Refuses a code verifier, as LinkedIn does where PKCE is not enabled for the application. */
  withoutPkce?: boolean
  /** Signs the ID tokens. Default: a key of its own, which takes time to make. */
  key?: SigningKey
  /** Changes each ID token before it is signed. Text instead is sent as it is. */
  idToken?: (token: IdToken, key: SigningKey) => IdToken | string
  /** Changes the claims that the userinfo endpoint returns. */
  userinfo?: (claims: Record<string, unknown>) => Record<string, unknown>
  /** Changes what discovery returns. */
  metadata?: (metadata: Record<string, unknown>) => Record<string, unknown>
  /** Codes are good for more than once: what a client must not rely on. */
  reusableCodes?: boolean
  /** The key set is on another server. */
  jwksElsewhere?: boolean
}

export const LUKE = 'luke-0001'

const NO_PKCE = 'Not enough permissions to access Native PKCE protocol'

export class OpenidServer {
  readonly counterpart: Counterpart
  readonly clientId: string
  readonly clientSecret: string
  readonly issuer: string
  /** By subject; tests change them as people change their accounts. */
  readonly people = new Map<string, Person>([
    [LUKE, { name: 'Luke Skywalker', email: 'luke@alderaan.example', email_verified: true }],
  ])
  /** Who is logged in at the provider. Undefined: a page asks. */
  person: string | undefined = LUKE
  readonly options: OpenidOptions
  key: SigningKey
  #adapter = memory()
  #elsewhere: Counterpart | undefined

  constructor(counterpart: Counterpart, elsewhere: Counterpart | undefined, options: OpenidOptions) {
    this.counterpart = counterpart
    this.#elsewhere = elsewhere
    this.options = options
    this.key = options.key ?? signingKey()
    this.clientId = options.clientId ?? 'holocron'
    this.clientSecret = options.clientSecret ?? 'not-a-secret-that-anybody-should-log'
    this.issuer = counterpart.url + (options.path ?? '')
    if (elsewhere)
      elsewhere.handler = (_request, response) => response.end(JSON.stringify({ keys: [this.key.published] }))
  }

  /** Signs with a new key from now on, and publishes no other. Codes and tokens stay valid. */
  async rotateKeys(): Promise<void> {
    this.key = signingKey()
    await this.serve()
  }

  async serve(): Promise<void> {
    const { handle } = await createProvider({
      issuer: this.issuer,
      clients: [
        {
          client_id: this.clientId,
          client_secret: this.clientSecret,
          redirect_uris: this.options.redirectUris,
          token_endpoint_auth_method: this.options.clientAuth ?? 'client_secret_basic',
        },
      ],
      people: this.people,
      keys: [this.key.jwk],
      adapter: this.options.reusableCodes ? neverConsumed(this.#adapter) : this.#adapter,
      automatic: () => this.person,
      change: reply => this.#change(reply),
    })
    this.counterpart.handler = handle
  }

  /** An ID token for a person, as an application on a phone gets it. */
  issue(claims: Record<string, unknown> = {}, sub = LUKE): string {
    const now = Math.floor(Date.now() / 1000)
    return this.#sign({
      header: { alg: 'RS256', typ: 'JWT', kid: this.key.kid },
      claims: {
        iss: this.issuer,
        aud: this.clientId,
        sub,
        iat: now,
        exp: now + 600,
        ...this.people.get(sub),
        ...claims,
      },
    })
  }

  #change(reply: Reply): Reply {
    const { route, parameters, body } = reply
    const { idToken, userinfo, metadata, withoutPkce } = this.options
    if (typeof body !== 'object' || body === null) return reply
    if (route === 'token' && withoutPkce && parameters.code_verifier !== undefined)
      return { ...reply, status: 400, body: { error: 'invalid_request', error_description: NO_PKCE } }
    if (route === 'token' && 'id_token' in body && idToken)
      return { ...reply, body: { ...body, id_token: this.#sign(parse(String(body.id_token))) } }
    if (route === 'userinfo' && userinfo) return { ...reply, body: userinfo({ ...body }) }
    if (route !== 'discovery') return reply
    const found = { ...body, ...(this.#elsewhere && { jwks_uri: `${this.#elsewhere.url}/keys` }) }
    return { ...reply, body: metadata ? metadata(found) : found }
  }

  #sign(token: IdToken): string {
    const changed = this.options.idToken?.(token, this.key) ?? token
    return typeof changed === 'string' ? changed : signed(changed, this.key)
  }
}

const neverConsumed =
  (factory: AdapterFactory): AdapterFactory =>
  model => ({ ...factory(model), consume: async () => {} })

export async function startOpenid(t: Test, options: OpenidOptions): Promise<OpenidServer> {
  const elsewhere = options.jwksElsewhere ? await startCounterpart(t) : undefined
  const server = new OpenidServer(await startCounterpart(t), elsewhere, options)
  await server.serve()
  return server
}

const withClaims =
  (change: (claims: Record<string, unknown>) => Record<string, unknown>) =>
  ({ header, claims }: IdToken): IdToken => ({ header, claims: change(claims) })

/** Google's issuer in ID tokens is without a scheme (one of two spellings), and it names its client as `azp` too. */
export async function startGoogle(t: Test, options: OpenidOptions): Promise<OpenidServer> {
  const google = await startOpenid(t, {
    jwksElsewhere: true,
    clientAuth: 'client_secret_post',
    idToken: withClaims(claims => ({
      ...claims,
      azp: claims.aud,
      iss: String(claims.iss).replace(/^https?:\/\//, ''),
    })),
    ...options,
  })
  // Google is the authority for its own addresses.
  google.people.set(LUKE, { name: 'Luke Skywalker', email: 'luke.skywalker@gmail.com', email_verified: true })
  return google
}

/** LinkedIn's issuer has a path, its ID tokens echo no nonce, their `email_verified` is text, and a code verifier is refused. */
export const startLinkedin = (t: Test, options: OpenidOptions) =>
  startOpenid(t, {
    path: '/oauth',
    clientAuth: 'client_secret_post',
    withoutPkce: true,
    idToken: withClaims(({ nonce: _nonce, email_verified, ...claims }) => ({
      ...claims,
      ...(email_verified !== undefined && { email_verified: String(email_verified) }),
    })),
    ...options,
  })
