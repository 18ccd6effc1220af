import type { FastifyInstance } from 'fastify'
import { errors } from '#schemas/errors.ts'
import { listPasskeys } from '#sql/passkeys.ts'
import type { User } from '#sql/users.ts'
import type { Ceremony } from './ceremony.ts'
import { creationOptions } from './options.ts'
import type { Passkeys } from './types.ts'
import { verifyAttestation } from './verify.ts'

/** Bounds the table. */
const PASSKEYS_MAX = 20

export function createRegistration(
  { config, db }: Pick<FastifyInstance, 'config' | 'db'>,
  { rpId, challenges, complete }: Ceremony,
): Pick<Passkeys, 'max' | 'creationOptions' | 'verifyRegistration'> {
  return {
    max: PASSKEYS_MAX,
    async creationOptions(user, sessionId) {
      const existing = await listPasskeys(db, user.id)
      if (existing.length >= PASSKEYS_MAX) throw errors.tooManyPasskeys()
      const rp = { id: rpId, name: config.APP_NAME }
      return creationOptions(rp, challenges.issue(purposeFor(user.id, sessionId)), user, existing)
    },
    async verifyRegistration(attestation, { user_id, sid }) {
      const purpose = purposeFor(user_id, sid)
      const { challenge, ...passkey } = await complete(attestation, purpose, errors.passkeyInvalid, expected =>
        verifyAttestation(attestation, expected),
      )
      return { passkey: { user_id, ...passkey }, challenge }
    },
  }
}

/** A stolen attestation is useless to another account, and to another session of the same account. */
function purposeFor(userId: User['id'], sessionId: string): string {
  return `registration ${userId} ${sessionId}`
}
