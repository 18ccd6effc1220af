/** Values that others keep for us, so that nothing is stored: encrypted, as one text. */
import { createEncryption } from './encryption.ts'

export interface Seals<Value> {
  /** @param purpose authenticated along: what is sealed for one cannot be opened for another */
  seal(value: Value, purpose: string): string
  /** @throws if the text was changed, was sealed for another purpose, or by a key that SECRET no longer has */
  open(text: string, purpose: string): Value
}

/** @param keys 32 bytes each; the first encrypts, all decrypt */
export function createSeals<Value>(keys: Buffer[]): Seals<Value> {
  const encryption = createEncryption(keys)
  return {
    seal(value, purpose) {
      const { key_id, ciphertext } = encryption.encrypt(JSON.stringify(value), purpose)
      return `${key_id}.${ciphertext}`
    },
    open(text, purpose) {
      const [key_id = '', ciphertext = ''] = text.split('.')
      return JSON.parse(encryption.decrypt({ key_id, ciphertext }, purpose))
    },
  }
}
