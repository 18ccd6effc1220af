import { timingSafeEqual } from 'node:crypto'

/** Compares a secret with a guess; the time it takes depends on the length only. */
export function constantTimeEqual(secret: string | Buffer, guess: string | Buffer): boolean {
  const [a, b] = [Buffer.from(secret), Buffer.from(guess)]
  return a.length === b.length && timingSafeEqual(a, b)
}
