// app.jwt: signs and verifies the tokens. One namespace a kind, each with keys, `typ` and `aud` of its own, so that no kind passes for another.
import { createHash, createHmac, createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { type Static, type TSchema, Type } from '@sinclair/typebox'
import { type TypeCheck, TypeCompiler } from '@sinclair/typebox/compiler'
import { type Algorithm, createDecoder, createSigner, createVerifier } from 'fast-jwt'
import fp from 'fastify-plugin'
import { errors } from '#schemas/errors.ts'
import { ConfigError } from './config/index.ts'

declare module 'fastify' {
  interface FastifyInstance {
    jwt: {
      access: TokenKind<AccessClaims>
      refresh: TokenKind<RefreshClaims>
      /** What a browser's session cookie holds: the claims of an access token, in a kind of their own. */
      cookie: TokenKind<AccessClaims>
      /** What a login is answered that waits for its second factor: good for that, and nothing else. */
      mfa: TokenKind<MfaClaims>
      /** The public keys of access tokens, newest first. @see https://www.rfc-editor.org/rfc/rfc7517 */
      jwks: { keys: Jwk[] }
    }
  }
}

export interface TokenKind<Claims> {
  /** Signs with the newest key; `iss` and `aud` are added. Times in `claims` are seconds since 1970. */
  sign(claims: Omit<Claims, 'iss' | 'aud'>): string
  /**
   * Verifies signature, kind and claims.
   * @throws tokenInvalid, tokenExpired
   * @see https://www.rfc-editor.org/rfc/rfc8725
   */
  verify(token: string): Claims
  /** The same, for a token that may have expired. @throws tokenInvalid */
  verifyIgnoringExpiry(token: string): Claims
}

export type Jwk = Record<string, unknown> & { kid: string; alg: string; use: 'sig' }

const Seconds = Type.Integer({ minimum: 0, maximum: 1e11 })
const common = {
  iss: Type.String(),
  aud: Type.String(),
  sub: Type.String(),
  iat: Seconds,
  exp: Seconds,
  nbf: Type.Optional(Seconds),
}
const CommonClaims = Type.Object(common)
type CommonClaims = Static<typeof CommonClaims>
const session = { sid: Type.String(), gen: Type.Integer({ minimum: 1 }) }

export const AccessClaims = Type.Object({
  ...common,
  ...session,
  jti: Type.String(),
  user_id: Type.String(),
  access_role: Type.Union([Type.Literal('basic'), Type.Literal('admin')]),
  /** The user has a second factor, so every session of theirs came through it. */
  mfa: Type.Optional(Type.Literal(true)),
})
export type AccessClaims = Static<typeof AccessClaims>

export const RefreshClaims = Type.Object({ ...common, ...session })
export type RefreshClaims = Static<typeof RefreshClaims>

/** `jti` names the challenge, `pwd` the password that was typed. */
export const MfaClaims = Type.Object({ ...common, jti: Type.String(), pwd: Type.String() })
export type MfaClaims = Static<typeof MfaClaims>

/** How far another machine's clock may be ahead of ours, for `nbf` (seconds). */
const CLOCK_LEEWAY = 5
/** Long enough to find the telephone (seconds). */
export const MFA_TOKEN_TTL_SECONDS = 300
/** Longer than any token the service makes: a megabyte is refused before it is decoded (characters). */
const TOKEN_MAX_LENGTH = 4096

interface Decoded {
  header: Record<string, unknown>
  payload: unknown
  signature: string
}

interface Key {
  kid: string
  alg: Algorithm
  signing: string | Buffer
  verifying: string | Buffer
}

export default fp(
  async app => {
    const { ACCESS_KEY_FILE, PUBLIC_URL, ACCESS_TOKEN_TTL_SECONDS, REFRESH_TOKEN_TTL_SECONDS } = app.config
    const derived = app.keys.derive('access').map(seed => asymmetricKey(ed25519(seed)))
    const accessKeys = ACCESS_KEY_FILE ? [asymmetricKey(await privateKey(ACCESS_KEY_FILE)), ...derived] : derived
    const refreshKeys = app.keys.derive('refresh').map(hmacKey)
    const cookieKeys = app.keys.derive('cookie').map(hmacKey)
    const mfaKeys = app.keys.derive('mfa').map(hmacKey)
    app.decorate('jwt', {
      access: tokenKind('access', AccessClaims, accessKeys, PUBLIC_URL, ACCESS_TOKEN_TTL_SECONDS),
      refresh: tokenKind('refresh', RefreshClaims, refreshKeys, PUBLIC_URL, REFRESH_TOKEN_TTL_SECONDS),
      cookie: tokenKind('cookie', AccessClaims, cookieKeys, PUBLIC_URL, ACCESS_TOKEN_TTL_SECONDS),
      mfa: tokenKind('mfa', MfaClaims, mfaKeys, PUBLIC_URL, MFA_TOKEN_TTL_SECONDS),
      jwks: { keys: accessKeys.map(publicJwk) },
    })
  },
  { name: 'jwt', dependencies: ['config', 'keys'] },
)

function tokenKind<Schema extends TSchema>(
  kind: string,
  schema: Schema,
  keys: Key[],
  iss: string,
  lifetime: number,
): TokenKind<Static<Schema>> {
  const typ = kind === 'access' ? 'at+jwt' : `${kind}+jwt`
  const aud = `holocron:${kind}`
  const newest = keys[0] as Key
  const signer = createSigner({
    algorithm: newest.alg,
    key: newest.signing,
    kid: newest.kid,
    header: { alg: newest.alg, typ, kid: newest.kid },
  })
  const decode = createDecoder({ complete: true })
  const wellFormed: TypeCheck<Schema> = TypeCompiler.Compile(schema)
  const verifiers = new Map(
    keys.map(key => [
      key.kid,
      createVerifier({ algorithms: [key.alg], key: key.verifying, ignoreExpiration: true, ignoreNotBefore: true }),
    ]),
  )

  function verifyIgnoringExpiry(token: string): Static<Schema> {
    try {
      if (token.length > TOKEN_MAX_LENGTH) throw errors.tokenInvalid()
      const decoded = decode(token) as Decoded
      const { header } = decoded
      const verifier = typeof header.kid === 'string' ? verifiers.get(header.kid) : undefined
      if (!verifier || header.typ !== typ || header.crit !== undefined) throw errors.tokenInvalid()
      if (token !== asWeWriteIt(decoded)) throw errors.tokenInvalid()
      const claims: unknown = verifier(token)
      if (!wellFormed.Check(claims)) throw errors.tokenInvalid()
      const { iss: issuer, aud: audience, nbf = 0, iat, exp } = claims as CommonClaims
      if (issuer !== iss || audience !== aud || nbf > Date.now() / 1000 + CLOCK_LEEWAY) throw errors.tokenInvalid()
      // A lifetime that was shortened since counts for tokens already out: revocations are remembered no longer than that.
      return { ...(claims as object), exp: Math.min(exp, iat + lifetime) } as Static<Schema>
    } catch {
      // One answer for every defect: a forger learns nothing from it.
      throw errors.tokenInvalid()
    }
  }

  return {
    sign: claims => signer({ iss, aud, ...(claims as object) }),
    verifyIgnoringExpiry,
    verify(token) {
      const claims = verifyIgnoringExpiry(token)
      if ((claims as { exp: number }).exp * 1000 <= Date.now()) throw errors.tokenExpired()
      return claims
    },
  }
}

/** A token has one spelling: without names that stand twice, white space, or other unused bits in its last letter. */
function asWeWriteIt({ header, payload, signature }: Decoded): string {
  const texts = [header, payload].map(part => Buffer.from(JSON.stringify(part)))
  return [...texts, Buffer.from(signature, 'base64url')].map(part => part.toString('base64url')).join('.')
}

function hmacKey(key: Buffer): Key {
  const kid = createHmac('sha256', key).update('kid').digest('base64url').slice(0, 16)
  return { kid, alg: 'HS256', signing: key, verifying: key }
}

function asymmetricKey(key: KeyObject): Key {
  const publicKey = createPublicKey(key)
  return {
    kid: thumbprint(publicKey),
    alg: algorithm(key),
    signing: key.export({ type: 'pkcs8', format: 'pem' }),
    verifying: publicKey.export({ type: 'spki', format: 'pem' }),
  }
}

/** Wraps a 32-byte seed as a PKCS #8 private key. @see https://www.rfc-editor.org/rfc/rfc8410 */
function ed25519(seed: Buffer): KeyObject {
  const prefix = Buffer.from('302e020100300506032b657004220420', 'hex')
  return createPrivateKey({ key: Buffer.concat([prefix, seed]), format: 'der', type: 'pkcs8' })
}

async function privateKey(file: string): Promise<KeyObject> {
  const pem = await readFile(file).catch((error: Error) => {
    throw new ConfigError(`ACCESS_KEY_FILE: cannot be read (${error.message})`)
  })
  try {
    const key = createPrivateKey(pem)
    algorithm(key)
    return key
  } catch (cause) {
    throw new ConfigError('ACCESS_KEY_FILE: no PEM private key of Ed25519, P-256 or RSA (2048 bits or more)', { cause })
  }
}

function algorithm(key: KeyObject): Algorithm {
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = key
  if (type === 'ed25519') return 'EdDSA'
  if (type === 'ec' && details?.namedCurve === 'prime256v1') return 'ES256'
  if (type === 'rsa' && (details?.modulusLength ?? 0) >= 2048) return 'RS256'
  throw new Error(`unsupported key: ${type}`)
}

function publicJwk(key: Key): Jwk {
  return { ...createPublicKey(key.verifying).export({ format: 'jwk' }), kid: key.kid, alg: key.alg, use: 'sig' }
}

/** @see https://www.rfc-editor.org/rfc/rfc7638 */
function thumbprint(key: KeyObject): string {
  const jwk: Record<string, unknown> = { ...key.export({ format: 'jwk' }) }
  const required = ['crv', 'e', 'kty', 'n', 'x', 'y'].filter(name => name in jwk)
  const canonical = JSON.stringify(Object.fromEntries(required.map(name => [name, jwk[name]])))
  return createHash('sha256').update(canonical).digest('base64url')
}
