/** The payload of records in the database, as the library has it. */
import type { FastifyInstance } from 'fastify'
import { createSeals } from '../../keys/seals.ts'

/** The scopes in the payload of a grant. */
export interface GrantPayload {
  openid?: { scope?: string }
  /** By resource. */
  resources?: Record<string, string>
}

interface RecordCipher<Payload> {
  encrypt(payload: Payload, model: string): string
  /** @throws if it was changed, is of another model, or was encrypted by a key that SECRET no longer has */
  decrypt(text: string, model: string): Payload
}

/** Encrypts the payload of records. */
export function createRecordCipher<Payload>({ keys }: Pick<FastifyInstance, 'keys'>): RecordCipher<Payload> {
  const { seal, open } = createSeals<Payload>(keys.derive('oauth records'))
  return { encrypt: seal, decrypt: open }
}

/** All that the user allowed, by whatever resource it is of. */
export function scopesOfGrant({ openid, resources = {} }: GrantPayload): string[] {
  return [openid?.scope ?? '', ...Object.values(resources)].flatMap(list => list.split(' ').filter(Boolean))
}
