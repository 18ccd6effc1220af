/** What social login is made of. */
import type { Consumption } from './used-once.ts'

/** Who a provider says somebody is. The identity is (issuer, subject), never the e-mail. */
export interface ProviderIdentity {
  /** The provider's key, as in `/social/v1/{provider}`. */
  provider: string
  issuer: string
  subject: string
  /** Null if the provider named none. */
  email: string | null
  /** The provider verified it, and has authority over it: only then may it link to an account. */
  emailVerified: boolean
  name: string | null
  /** With SOCIAL_KEEP_TOKENS: what the provider issued. */
  tokens?: ProviderTokens
}

export interface ProviderTokens {
  access_token?: string
  refresh_token?: string
  id_token?: string
}

/** An identity that was just authenticated. */
export interface Authenticated {
  identity: ProviderIdentity
  /** When the user authenticated at the provider (ms), if it says. */
  authTime?: number
  /** What it was authenticated by and must not be accepted again. */
  once?: Consumption
}

/** A configured provider: data, and how its protocol differs. */
export interface Provider {
  /** As in `/social/v1/{provider}`. */
  key: string
  /** For people. */
  name: string
  /** Of the identities. */
  issuer: string
  clientId: string
  clientSecret: string
  /** Hosts that the operator configured: they may be private addresses. */
  hosts: string[]
  scope: string
  /** Sends a code challenge. @see https://www.rfc-editor.org/rfc/rfc7636 */
  pkce: boolean
  /** What asks for a new authentication of somebody who is logged in there. With `max_age`, the ID token has to say when it was. */
  freshness: Record<string, string>
  /** Loads the protocol at its first use. */
  load(context: ProtocolContext): Promise<Protocol>
}

export interface ProtocolContext {
  /** `fetch` to the provider, bounded in time, size and addresses. */
  fetch: ProviderFetch
  /** ms */
  timeoutMs: number
}

export type ProviderFetch = (url: string, options?: ProviderRequest) => Promise<Response>

export interface ProviderRequest {
  method?: string
  headers?: Record<string, string>
  body?: unknown
  signal?: AbortSignal | undefined
}

/** What a flow remembers between the redirect and the callback. */
export interface FlowChecks {
  state: string
  nonce: string
  verifier: string
  redirectUri: string
  /** Asks for a new authentication at the provider. */
  fresh?: boolean | undefined
}

/** What an application did itself, and sends along with its code. */
export interface CodeGrant {
  code: string
  redirectUri: string
  verifier?: string | undefined
  nonce?: string | undefined
  fresh?: boolean | undefined
}

/** All throw providerRejected, providerResponseInvalid, providerUnavailable. */
export interface Protocol {
  authorizeUrl(checks: FlowChecks): Promise<URL>
  /** @param url of the callback, with its whole query */
  byCallback(url: URL, checks: FlowChecks): Promise<Authenticated>
  byCode(grant: CodeGrant): Promise<Authenticated>
  /** Undefined where the provider issues no ID tokens to applications. */
  byIdToken?(idToken: string, nonce: string, fresh?: boolean): Promise<Authenticated>
  /** Undefined where an access token does not say for whom it was issued. */
  byAccessToken?(accessToken: string): Promise<Authenticated>
}
