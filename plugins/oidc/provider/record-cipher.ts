/** The payload of records in the database, as the library has it. */
import type { FastifyInstance } from 'fastify'
import { LRUCache } from 'lru-cache'
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

/** Some 2 KiB each. */
const DECRYPTED_MAX = 1000

/**
 * Encrypts the payload of records. What was decrypted is kept by its ciphertext, which never stands for anything else: a grant stays as it is, and a
 * gateway introspects the same token again and again.
 */
export function createRecordCipher<Payload>({ keys }: Pick<FastifyInstance, 'keys'>): RecordCipher<Payload> {
  const { seal, open } = createSeals<Payload>(keys.derive('oauth records'))
  const decrypted = new LRUCache<string, string>({ max: DECRYPTED_MAX })
  return {
    encrypt: seal,
    decrypt(text, model) {
      const key = `${model} ${text}`
      const json = decrypted.get(key) ?? JSON.stringify(open(text, model))
      decrypted.set(key, json)
      // An object for each caller: the library changes its own.
      return JSON.parse(json)
    },
  }
}

/** All that the user allowed, by whatever resource it is of. */
export function scopesOfGrant({ openid, resources = {} }: GrantPayload): string[] {
  return [openid?.scope ?? '', ...Object.values(resources)].flatMap(list => list.split(' ').filter(Boolean))
}
