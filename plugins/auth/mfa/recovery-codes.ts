import { randomBytes } from 'node:crypto'

const COUNT = 10
const LENGTH = 16
/** RFC 4648's: without 0, 1 and 8, which look like letters. */
const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'

/** A set of codes of 80 random bits each, as they are kept. */
export function newRecoveryCodes(): string[] {
  return Array.from({ length: COUNT }, () => Array.from(randomBytes(LENGTH), byte => BASE32[byte % 32]).join(''))
}

/** In groups of four, as they are shown. */
export function shownRecoveryCode(code: string): string {
  return code.replace(/.{4}(?=.)/g, '$&-')
}

/** As they are kept, however they were typed. */
export function typedRecoveryCode(text: string): string {
  return text.replaceAll('-', '').toUpperCase()
}
