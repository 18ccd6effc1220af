/** One-time passwords by time: SHA-1, six digits, thirty seconds, because every authenticator app can do these. */
import { timingSafeEqual } from 'node:crypto'
import { generateSecret, generateSync, generateURI } from 'otplib'

/** Seconds. @see https://www.rfc-editor.org/rfc/rfc6238 */
const STEP = 30
/** Clocks differ, and people type slowly. */
const TOLERANCE = [0, -1, 1]

/** 160 random bits in base32. */
export const newSecret = (): string => generateSecret()

/** What the QR code says. */
export function uriOf(secret: string, email: string): string {
  return generateURI({ issuer: 'Holocron', label: email, secret })
}

/**
 * The step whose password this is, now or one step off; undefined for any other.
 * @param now ms since 1970
 */
export function stepOf(secret: string, otp: string, now = Date.now()): number | undefined {
  const current = Math.floor(now / 1000 / STEP)
  return TOLERANCE.map(offset => current + offset).find(step => equal(otpAt(secret, step), otp))
}

/** The password of a step. */
export function otpAt(secret: string, step: number): string {
  return generateSync({ secret, epoch: step * STEP, period: STEP })
}

function equal(right: string, typed: string): boolean {
  const [a, b] = [Buffer.from(right), Buffer.from(typed)]
  return a.length === b.length && timingSafeEqual(a, b)
}
