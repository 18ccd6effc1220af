/** Some formats need a secret besides the hash. It must not be stored in the same database. */
export interface HashSecrets {
  /** Firebase's `base64_signer_key`, one per project. */
  firebaseSignerKeys: string[]
}

/** A parsed hash of another system. */
export interface ForeignHash {
  /** `work` is comparable between hashes of the same algorithm. */
  algorithm: string
  /** Proportional to the time of a verification. */
  work: number
  /** Set if a verification costs too much: describes the limit. */
  excess?: string | undefined
  /** Another hash that takes as much work and matches no password: used to measure the time. */
  sample: string
  /** Synchronous and slow (about a second at most): call it in a worker thread only. */
  matches(password: string, secrets: HashSecrets): boolean
}

/** The hash format of one system or convention. */
export interface Format {
  name: string
  /** Returns undefined if the hash is not in this format, or its parameters are invalid. */
  parse(hash: string): ForeignHash | undefined
}

/** Shorter keys could match by chance. */
export const KEY_MIN_BYTES = 16
/** No known system makes longer ones; each block of a PBKDF2 key costs all iterations again. */
export const KEY_MAX_BYTES = 128

export function isKey({ length }: Buffer): boolean {
  return length >= KEY_MIN_BYTES && length <= KEY_MAX_BYTES
}

/** Decodes every variant of base64: passlib's (`.` for `+`), URL-safe, with and without padding. */
export function fromBase64(text: string): Buffer {
  return Buffer.from(text.replaceAll('.', '+'), 'base64')
}
