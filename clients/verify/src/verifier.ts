import { authorize } from './authorize.ts'
import { createCache } from './cache.ts'
import { followFeed } from './feed.ts'
import { refuse } from './refused.ts'
import { createRevocations, hashOf, type SessionHash } from './revocations.ts'
import { tokenVerifier } from './tokens.ts'
import type { Claims, Demand, Options, Verifier } from './types.ts'

interface Verified {
  claims: Claims
  session: SessionHash
  /** Until when this holds (ms, by `performance.now()`): then its key may have been withdrawn. */
  until: number
}

const SCHEME = 'bearer '
const CACHED_TOKENS_MAX = 10_000
const CACHED_MS = 300_000
const STALENESS_MAX_SECONDS = 3600
const CLOCK_TOLERANCE_MAX_SECONDS = 60

/**
 * Verifies access tokens of Holocron without asking it: by its public keys, and by the revocation feed, which is followed until `close`.
 * A token is verified once and then known; whether it has expired or was revoked is looked up each time, in memory.
 * @throws TypeError if the issuer or credentials are missing @throws RangeError
 */
export function createVerifier(options: Options): Verifier {
  for (const name of ['issuer', 'clientId', 'clientSecret'] as const) assertGiven(name, options[name])
  const { clientId, clientSecret } = options
  const issuer = options.issuer.replace(/\/$/, '')
  const { url = issuer, audience = 'holocron:access', algorithms = ['EdDSA', 'ES256', 'RS256'] } = options
  const { clockToleranceSeconds: clockTolerance = 5, maxStalenessSeconds = 30, log = console.warn } = options
  assertWithin('clockToleranceSeconds', clockTolerance, CLOCK_TOLERANCE_MAX_SECONDS)
  assertWithin('maxStalenessSeconds', maxStalenessSeconds, STALENESS_MAX_SECONDS)
  const revocations = createRevocations()
  const feed = followFeed({ url, clientId, clientSecret, log }, revocations)
  const verifyToken = tokenVerifier({ url, issuer, audience, algorithms, clockTolerance })
  const verified = createCache<Verified>(CACHED_TOKENS_MAX)

  function assertKnown(): void {
    if (!(feed.staleness() <= maxStalenessSeconds * 1000)) throw refuse.unavailable()
  }

  /** What may be different at each request. */
  function admit({ claims, session }: Verified, demand: Demand): Claims {
    // If the lifetime was shortened, earlier tokens expire earlier, too: revocations are kept only that long.
    const exp = Math.min(claims.exp, claims.iat + (feed.tokenLifetime() ?? 0))
    if ((exp + clockTolerance) * 1000 <= Date.now()) throw refuse.tokenExpired()
    if (revocations.has(session, claims)) throw refuse.tokenInvalid()
    authorize(claims, demand)
    return claims
  }

  function verifyCached(header: string | undefined, demand: Demand = {}): Claims | undefined {
    if (header === undefined) throw refuse.authorisationRequired()
    assertKnown()
    const known = verified.get(header)
    return known && known.until > performance.now() ? admit(known, demand) : undefined
  }

  return {
    verifyCached,
    async verify(header, demand = {}) {
      const known = verifyCached(header, demand)
      if (known || header === undefined) return known as Claims
      if (header.slice(0, SCHEME.length).toLowerCase() !== SCHEME) throw refuse.tokenInvalid()
      const claims = await verifyToken(header.slice(SCHEME.length))
      const entry = { claims, session: hashOf(claims.sid), until: performance.now() + CACHED_MS }
      verified.set(header, entry)
      // Time has passed.
      assertKnown()
      return admit(entry, demand)
    },
    isRevoked(claims) {
      assertKnown()
      return revocations.has(hashOf(claims.sid), claims)
    },
    ready: () => feed.ready,
    staleness: feed.staleness,
    close: feed.close,
  }
}

/** Typically an environment variable that is not set: with it, every token would be refused without a word why. */
function assertGiven(name: string, value: string | undefined): void {
  if (!value) throw new TypeError(`${name} is missing`)
}

/** A setting that is not a number must not pass for one that nothing exceeds. */
function assertWithin(name: string, value: number, max: number): void {
  if (!(value >= 0 && value <= max)) throw new RangeError(`${name}: a number from 0 to ${max}`)
}
