/** Codes are derived from the mail's id and a key: they are stored nowhere, so a copy of the database reveals none. */
import { createHmac } from 'node:crypto'
import { constantTimeEqual } from '../../keys/constant-time.ts'

/** @param keys the first makes codes, all verify them */
export function codeDerivation(keys: Buffer[]) {
  const codesOf = (outboxId: string) => keys.map(key => digits(key, outboxId))
  return {
    of: (outboxId: string) => codesOf(outboxId)[0] ?? '',
    matches: (outboxId: string, code: string) =>
      codesOf(outboxId).some(candidate => constantTimeEqual(candidate, code)),
  }
}

/** 48 bits of an HMAC modulo a million: the bias towards some codes is negligible. */
function digits(key: Buffer, outboxId: string): string {
  const number = createHmac('sha256', key).update(outboxId).digest().readUIntBE(0, 6) % 1_000_000
  return String(number).padStart(6, '0')
}
