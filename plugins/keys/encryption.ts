/** Encrypts secrets that the database keeps: AES-256-GCM. */
import { createCipheriv, createDecipheriv, createHmac, randomBytes } from 'node:crypto'

export interface Encrypted {
  /** Nonce, encrypted text and tag, in base64url. */
  ciphertext: string
  /** Names the key without revealing it. */
  key_id: string
}

export interface Encryption {
  /** Ids of the keys from older secrets: they still decrypt. */
  olderKeys: string[]
  /** @param owner authenticated along: a row copied to another user does not decrypt */
  encrypt(text: string, owner: string): Encrypted
  /** @throws if SECRET no longer has the key, or the ciphertext or its owner was changed */
  decrypt(encrypted: Encrypted, owner: string): string
}

const NONCE_LENGTH = 12
const TAG_LENGTH = 16

/** @param keys 32 bytes each; the first encrypts, all decrypt */
export function createEncryption(keys: Buffer[]): Encryption {
  const byId = new Map(keys.map(key => [idOf(key), key]))
  const [[newest, key] = [], ...older] = byId
  if (!newest || !key) throw new Error('no key to encrypt with')
  return {
    olderKeys: older.map(([id]) => id),
    encrypt(text, owner) {
      const nonce = randomBytes(NONCE_LENGTH)
      const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(owner))
      const bytes = Buffer.concat([nonce, cipher.update(text), cipher.final(), cipher.getAuthTag()])
      return { ciphertext: bytes.toString('base64url'), key_id: newest }
    },
    decrypt({ ciphertext, key_id }, owner) {
      const own = byId.get(key_id)
      if (!own) throw new Error(`encrypted by a key that SECRET no longer has: ${key_id}`)
      const bytes = Buffer.from(ciphertext, 'base64url')
      const decipher = createDecipheriv('aes-256-gcm', own, bytes.subarray(0, NONCE_LENGTH), {
        authTagLength: TAG_LENGTH,
      })
      decipher.setAAD(Buffer.from(owner)).setAuthTag(bytes.subarray(-TAG_LENGTH))
      return decipher.update(bytes.subarray(NONCE_LENGTH, -TAG_LENGTH), undefined, 'utf8') + decipher.final('utf8')
    },
  }
}

function idOf(key: Buffer): string {
  return createHmac('sha256', key).update('key id').digest('hex').slice(0, 16)
}
