/** Keeps a text so that only who has the secret reads it: AES-256-GCM. */
import { createCipheriv, createDecipheriv, createHmac, randomBytes } from 'node:crypto'

export interface Sealed {
  /** Nonce, text and tag, in base64url. */
  ciphertext: string
  /** Names the key, and tells nothing of it. */
  key_id: string
}

export interface Seal {
  /** The keys that were replaced, and still open what they sealed. */
  older: string[]
  /** @param owner whose it is: for anybody else it does not open */
  close(text: string, owner: string): Sealed
  /** @throws where the key is not there any more, or the text was tampered with */
  open(sealed: Sealed, owner: string): string
}

const NONCE = 12
const TAG = 16

/** @param keys 32 bytes each; the first seals, all open */
export function createSeal(keys: Buffer[]): Seal {
  const byId = new Map(keys.map(key => [idOf(key), key]))
  const [[newest, key] = [], ...older] = byId
  if (!newest || !key) throw new Error('no key to seal with')
  return {
    older: older.map(([id]) => id),
    close(text, owner) {
      const nonce = randomBytes(NONCE)
      const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(owner))
      const bytes = Buffer.concat([nonce, cipher.update(text), cipher.final(), cipher.getAuthTag()])
      return { ciphertext: bytes.toString('base64url'), key_id: newest }
    },
    open({ ciphertext, key_id }, owner) {
      const own = byId.get(key_id)
      if (!own) throw new Error(`sealed by a key that SECRET does not give any more: ${key_id}`)
      const bytes = Buffer.from(ciphertext, 'base64url')
      const decipher = createDecipheriv('aes-256-gcm', own, bytes.subarray(0, NONCE), { authTagLength: TAG })
      decipher.setAAD(Buffer.from(owner)).setAuthTag(bytes.subarray(-TAG))
      return decipher.update(bytes.subarray(NONCE, -TAG), undefined, 'utf8') + decipher.final('utf8')
    },
  }
}

function idOf(key: Buffer): string {
  return createHmac('sha256', key).update('key id').digest('hex').slice(0, 16)
}
