// app.resetCodes: the six digits of a password mail. They follow from the mail's id and a key, so a copy of the database tells none of them.
import { createHmac, timingSafeEqual } from 'node:crypto'
import fp from 'fastify-plugin'

declare module 'fastify' {
  interface FastifyInstance {
    resetCodes: ResetCodes
  }
}

export interface ResetCodes {
  /** The code of the mail with this id: the same however often the mail is sent. */
  of(outboxId: string): string
  /** Is it the code of this mail? */
  matches(outboxId: string, code: string): boolean
}

export default fp(
  async app => {
    const keys = app.keys.derive('reset-code')
    const codes = (outboxId: string) => keys.map(key => digits(key, outboxId))
    app.decorate('resetCodes', {
      of: outboxId => codes(outboxId)[0] ?? '',
      matches: (outboxId, code) => codes(outboxId).some(genuine => equal(genuine, code)),
    })
  },
  { name: 'reset-codes', dependencies: ['keys'] },
)

/** 48 bits of an HMAC, modulo a million: no code is noticeably likelier than another. */
function digits(key: Buffer, outboxId: string): string {
  const number = createHmac('sha256', key).update(outboxId).digest().readUIntBE(0, 6) % 1_000_000
  return String(number).padStart(6, '0')
}

function equal(a: string, b: string): boolean {
  return a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b))
}
