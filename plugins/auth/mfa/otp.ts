/** Time-based one-time passwords: SHA-1, six digits, 30 seconds, which every authenticator app supports. */
import { generateSecret, generateSync, generateURI } from 'otplib'
import { constantTimeEqual } from '../../keys/constant-time.ts'

/** Length of a step (seconds). @see https://www.rfc-editor.org/rfc/rfc6238 */
const STEP = 30
/** Accepted steps: clocks differ, and typing takes time. */
const OFFSETS = [0, -1, 1]

/** 160 random bits in base32. */
export const newSecret = (): string => generateSecret()

/** The `otpauth://` URI that a QR code shows. Apps take a colon for the end of the product's name, however it is encoded. */
export function uriOf(secret: string, email: string, product: string): string {
  return generateURI({ issuer: product.replace(/\s*:\s*/g, ' '), label: email, secret })
}

/**
 * The step of this one-time password, at most one from the current step; undefined if there is none.
 * @param now ms since 1970
 */
export function stepOf(secret: string, otp: string, now = Date.now()): number | undefined {
  const current = Math.floor(now / 1000 / STEP)
  return OFFSETS.map(offset => current + offset).find(step => constantTimeEqual(otpAt(secret, step), otp))
}

/** The one-time password of a step. */
export function otpAt(secret: string, step: number): string {
  return generateSync({ secret, epoch: step * STEP, period: STEP })
}
