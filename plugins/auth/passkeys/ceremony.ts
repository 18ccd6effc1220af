import type { FastifyInstance } from 'fastify'
import type { CatalogError } from '#schemas/errors.ts'
import type { Assertion, Attestation } from '#schemas/webauthn.ts'
import type { Challenge, Challenges } from './challenges.ts'
import { challengeIn, type Expected } from './verify.ts'

/** The relying party: PUBLIC_URL's host, or what PASSKEY_RP_ID and PASSKEY_ORIGINS say; never what a request says. */
export interface Ceremony {
  rpId: string
  challenges: Challenges
  /** Completes a ceremony. The reason of a failure goes to the log only. */
  complete<Result>(
    credential: Assertion | Attestation,
    purpose: string,
    failure: () => CatalogError,
    verify: (expected: Expected) => Promise<Result>,
  ): Promise<Result & { challenge: Challenge }>
}

export function createCeremony(
  { config, log }: Pick<FastifyInstance, 'config' | 'log'>,
  challenges: Challenges,
): Ceremony {
  const { hostname, origin } = new URL(config.PUBLIC_URL)
  const rpId = config.PASSKEY_RP_ID ?? hostname
  const origins = [origin, ...config.PASSKEY_ORIGINS.split(',').map(each => each.trim())].filter(Boolean)
  return {
    rpId,
    challenges,
    async complete(credential, purpose, failure, verify) {
      try {
        const text = challengeIn(credential)
        const challenge = challenges.read(text, purpose)
        if (!challenge) throw new Error('the challenge is not ours, has another purpose or has expired')
        return { ...(await verify({ rpId, origins, challenge: text })), challenge }
      } catch (error) {
        log.info({ reason: String(error).slice(0, 200) }, 'passkey rejected')
        throw failure()
      }
    },
  }
}
