/** DPoP (RFC 9449): access tokens bound to a key. Each request proves possession of the key, so a stolen token alone is useless. */
import { createHash } from 'node:crypto'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { errors } from '#schemas/errors.ts'
import { consumeChallenge } from '#sql/used-challenges.ts'
import { PROOF_ALGORITHMS } from '../../http/errors/challenge.ts'
import { type Bearer, isOfApplication, type TokenChecks } from './access-token.ts'
import type { Demand } from './scopes.ts'

const SCHEME = 'dpop '

/** Maximum age of a proof, and how far its time may be ahead of our clock (s). */
const PROOF_AGE_MAX = 60
const CLOCK_SKEW_MAX = 5

/** Longer than any proof (characters). */
const PROOF_MAX_LENGTH = 4096

/** The token in an Authorization header of this scheme; undefined in any other. */
export function dpopToken(header: string | undefined): string | undefined {
  return header?.slice(0, SCHEME.length).toLowerCase() === SCHEME ? header.slice(SCHEME.length) : undefined
}

/**
 * Checks the proof of a request: made by the key that the token is bound to, for this request and this token, now, and never used before.
 * @throws tokenInvalid
 * @see https://www.rfc-editor.org/rfc/rfc9449#section-4.3
 */
type DpopCheck = (request: FastifyRequest, token: string, claims: Bearer) => Promise<void>

function createDpopCheck({ config, db }: FastifyInstance): DpopCheck {
  return async (request, token, { cnf }) => {
    const proof = request.headers.dpop
    if (!cnf || typeof proof !== 'string' || proof.length > PROOF_MAX_LENGTH) throw errors.tokenInvalid()
    const { jkt, claims } = await read(proof).catch(() => {
      throw errors.tokenInvalid()
    })
    const now = Math.floor(Date.now() / 1000)
    const isForThis =
      jkt === cnf.jkt &&
      claims.htm === request.method &&
      isSameUrl(claims.htu, config.PUBLIC_URL + request.url) &&
      claims.ath === createHash('sha256').update(token).digest('base64url') &&
      typeof claims.jti === 'string' &&
      typeof claims.iat === 'number' &&
      claims.iat > now - PROOF_AGE_MAX &&
      claims.iat < now + CLOCK_SKEW_MAX
    if (!isForThis) throw errors.tokenInvalid()
    const id = createHash('sha256').update(`dpop:${jkt}:${claims.jti}`).digest('hex').slice(0, 32)
    const isFirst = await consumeChallenge(db, { id, expires_at: (now + PROOF_AGE_MAX + 2 * CLOCK_SKEW_MAX) * 1000 })
    if (!isFirst) throw errors.tokenInvalid()
  }
}

/** @throws an error of jose if the proof is invalid */
async function read(proof: string) {
  const jose = await import('jose')
  const { payload, protectedHeader } = await jose.jwtVerify(proof, jose.EmbeddedJWK, {
    algorithms: PROOF_ALGORITHMS,
    typ: 'dpop+jwt',
  })
  return { claims: payload, jkt: await jose.calculateJwkThumbprint(protectedHeader.jwk ?? {}) }
}

/** Validates a token by the scheme it was sent with. @throws authorisationRequired, tokenInvalid, tokenExpired */
export interface SenderChecks {
  /** Bearer scheme: rejects tokens that are bound to a key (RFC 9449, section 7.2). */
  byToken(header: string | undefined, demand?: Demand): Bearer
  /** DPoP scheme. No gateway's request passes: the proof that counts is about the original one (RFC 9449, section 7.1), whose URL the gateway knows. */
  byProof(request: FastifyRequest, token: string): Promise<Bearer>
}

export function createSenderChecks(app: FastifyInstance, checks: TokenChecks): SenderChecks {
  const checkDpop = createDpopCheck(app)

  /** A gateway's service accepts only tokens of applications that are issued for it. */
  function checkFor(resource: string, header: string | undefined): Bearer {
    const claims = checks.elsewhere(header)
    if (isOfApplication(claims) && claims.aud !== resource) throw errors.tokenInvalid()
    return claims
  }

  return {
    byToken(header, demand) {
      const claims = demand?.resource === undefined ? checks.ours(header) : checkFor(demand.resource, header)
      if (claims.cnf) throw errors.tokenInvalid()
      return claims
    },
    async byProof(request, token) {
      if (request.demand) throw errors.tokenInvalid()
      const claims = checks.ours(`Bearer ${token}`)
      await checkDpop(request, token, claims)
      return claims
    },
  }
}

/** Compares normalized URLs, without query and fragment (RFC 9449, section 4.3). */
function isSameUrl(htu: unknown, url: string): boolean {
  const [proved, requested] = [URL.parse(String(htu)), URL.parse(url)]
  return proved?.origin === requested?.origin && proved?.pathname === requested?.pathname && proved !== null
}
