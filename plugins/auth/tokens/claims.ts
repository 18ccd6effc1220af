/** What each kind of token claims. */
import { type Static, Type } from '@sinclair/typebox'

/** Since 1970. */
const Seconds = Type.Integer({ minimum: 0, maximum: 1e11 })
const common = {
  iss: Type.String(),
  aud: Type.String(),
  /** The user's id in decimal digits. */
  sub: Type.String({ pattern: '^[1-9][0-9]*$' }),
  iat: Seconds,
  exp: Seconds,
  nbf: Type.Optional(Seconds),
}
const session = { sid: Type.String(), gen: Type.Integer({ minimum: 1 }) }

export const CommonClaims = Type.Object(common)
export type CommonClaims = Static<typeof CommonClaims>

const user = {
  ...common,
  ...session,
  jti: Type.String(),
  /** Absent from cookies, and from tokens of releases before it. */
  client_id: Type.Optional(Type.String()),
  user_id: Type.Integer({ minimum: 1 }),
  access_role: Type.Union([Type.Literal('basic'), Type.Literal('admin')]),
  /** The user has a second factor, so each of their sessions was opened with it. */
  mfa: Type.Optional(Type.Literal(true)),
  /** In cookies only: the browser keeps it until it is closed, whenever it is renewed. */
  transient: Type.Optional(Type.Literal(true)),
  /** When and how the user last authenticated in this session. For resource servers: the service itself asks the session. @see https://www.rfc-editor.org/rfc/rfc9470 */
  auth_time: Type.Optional(Seconds),
  amr: Type.Optional(Type.Array(Type.String())),
}

/** What an application may do, and the key that it has to prove it holds. */
const granted = {
  client_id: Type.String(),
  scope: Type.String(),
  /** @see https://www.rfc-editor.org/rfc/rfc9449#section-6 */
  cnf: Type.Optional(Type.Object({ jkt: Type.String() })),
}
const nothingGranted = { scope: Type.Optional(Type.Never()), cnf: Type.Optional(Type.Never()) }

/** Of a login of our own: it may do whatever its user may. An application's token never passes for one. */
export const OwnClaims = Type.Object({ ...user, ...nothingGranted })
/** Of an application, on behalf of a user. */
const DelegatedClaims = Type.Object({ ...user, ...granted })
/** An application's token for itself, by its client credentials: there is no user. Its session is the client's own. */
export const ClientClaims = Type.Object({
  ...common,
  ...session,
  ...granted,
  sub: Type.String(),
  jti: Type.String(),
  user_id: Type.Optional(Type.Never()),
})
export const ApplicationClaims = Type.Union([DelegatedClaims, ClientClaims])

/** Who acts, by themselves or by an application. */
export type AccessClaims = Omit<Static<typeof OwnClaims>, keyof typeof nothingGranted> &
  Partial<Pick<Static<typeof DelegatedClaims>, keyof typeof nothingGranted>>
export type ClientClaims = Static<typeof ClientClaims>
export type ApplicationClaims = Static<typeof ApplicationClaims>

/** The `client_id` of access tokens, which RFC 9068 requires: the service's own logins are its only client. @see https://www.rfc-editor.org/rfc/rfc9068#section-2.2 */
export const CLIENT_ID = 'holocron'

export const RefreshClaims = Type.Object({ ...common, ...session })
export type RefreshClaims = Static<typeof RefreshClaims>

/** `jti` is the id of the challenge, `pwd` a fingerprint of the password hash that the login was verified against, `fed` stands for a provider's login, `client_id` for one by an application. */
export const MfaClaims = Type.Object({
  ...common,
  jti: Type.String(),
  pwd: Type.String(),
  fed: Type.Optional(Type.Literal(true)),
  client_id: Type.Optional(Type.String()),
})
export type MfaClaims = Static<typeof MfaClaims>

/** Lifetime of an `mfa_token` (seconds): enough to find one's phone. */
export const MFA_TOKEN_TTL_SECONDS = 300
