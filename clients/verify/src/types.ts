export interface Options {
  /** `PUBLIC_URL` of Holocron, which its tokens name as their issuer. */
  issuer: string
  /** Where it is reached from here, if that is elsewhere. Default: the issuer. */
  url?: string
  /** An application that is registered for `client_credentials` and the scope `revocations`. */
  clientId: string
  clientSecret: string
  /** The audiences that tokens may have. Default: `holocron:access`, logins of Holocron itself; add the URI of this service in `OAUTH_RESOURCES` to take tokens of applications, too. */
  audience?: string | string[]
  /** Default: `EdDSA`, `ES256`, `RS256`. Only asymmetric ones make sense. */
  algorithms?: string[]
  /** How far the clock here may be off (s). Default: 5; at most 60. */
  clockToleranceSeconds?: number
  /** How old may be what is known of revocations (s): beyond it, every token is refused with 503. Default: 30; at most an hour. */
  maxStalenessSeconds?: number
  /** Is told why the feed was interrupted, and that it is back. Default: `console.warn`. */
  log?: (message: string) => void
}

/** What a route asks for. */
export interface Demand {
  /** What a token of an application needs. Without, applications are refused. */
  scopes?: string[]
  /** Takes a token of an application by itself, too: there is no user then. */
  withoutUser?: boolean
  role?: 'admin'
}

/** Of a login (no `scope`), of an application on behalf of a user, or of an application by itself (no `user_id`). */
export interface Claims {
  iss: string
  aud: string | string[]
  sub: string
  iat: number
  exp: number
  /** The session, and the generation of its tokens. */
  sid: string
  gen: number
  user_id?: number
  access_role?: 'basic' | 'admin'
  client_id?: string
  scope?: string
  auth_time?: number
  amr?: string[]
  mfa?: boolean
  [claim: string]: unknown
}

export interface Verifier {
  /** Whoever sent this `Authorization` header. @throws Refused */
  verify(header: string | undefined, demand?: Demand): Promise<Claims>
  /** The same without waiting, for a token that was verified before; otherwise undefined. @throws Refused */
  verifyCached(header: string | undefined, demand?: Demand): Claims | undefined
  /** Was it revoked meanwhile? For whoever waits between verifying and acting. @throws Refused if that is unknown */
  isRevoked(claims: Claims): boolean
  /** Resolves when it knows what is revoked: until then all tokens are refused. */
  ready(): Promise<void>
  /** Age of what it knows of revocations (ms). */
  staleness(): number
  close(): void
}
