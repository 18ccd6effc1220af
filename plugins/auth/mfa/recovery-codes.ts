import { randomBytes } from 'node:crypto'
import type { FastifyInstance } from 'fastify'
import type { Transaction } from 'kysely'
import { errors } from '#schemas/errors.ts'
import { addAuditEvent } from '#sql/audit-events.ts'
import { addMail } from '#sql/outbox.ts'
import { consumeRecoveryCode, countRecoveryCodes, hasRecoveryCode, setRecoveryCodes } from '#sql/recovery-codes.ts'
import type { Tables } from '#sql/tables.ts'
import type { User } from '#sql/users.ts'
import { type Client, originOf } from '../../http/client.ts'
import type { Consume } from './types.ts'

export interface RecoveryCodes {
  /**
   * Takes any number of guesses: 80 random bits cannot be guessed, and an `mfa_token` allows five.
   * @throws recoveryCodeInvalid, also for one that was used
   */
  verify(user: Pick<User, 'id' | 'email'>, code: string, client: Client): Promise<Consume>
  /** Replaces a user's recovery codes. @returns the new ones, to be shown once */
  renew(tx: Transaction<Tables>, userId: User['id']): Promise<string[]>
}

const COUNT = 10
/** Characters, of five bits each. */
const LENGTH = 16
/** RFC 4648's: without 0, 1 and 8, which look like letters. */
const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'
/** A mail warns the owner when this many are left. */
const FEW = 2

export function createRecoveryCodes({ db }: Pick<FastifyInstance, 'db'>): RecoveryCodes {
  return {
    async verify({ id: user_id, email: recipient }, typed, client) {
      const code = typed.replaceAll('-', '').toUpperCase()
      const event = { user_id, session_id: null, ...originOf(client) }
      if (!(await hasRecoveryCode(db, user_id, code))) {
        await addAuditEvent(db, { kind: 'second-factor-failed', ...event })
        throw errors.recoveryCodeInvalid()
      }
      return async tx => {
        if (!(await consumeRecoveryCode(tx, user_id, code))) throw errors.recoveryCodeInvalid()
        await addAuditEvent(tx, { kind: 'recovery-code-used', ...event })
        await addMail(tx, { template: 'recovery-code-used', user_id, recipient })
        const left = await countRecoveryCodes(tx, user_id)
        if (left === FEW) await addMail(tx, { template: 'recovery-codes-low', user_id, recipient })
      }
    },
    async renew(tx, userId) {
      const codes = Array.from({ length: COUNT }, newCode)
      await setRecoveryCodes(tx, userId, codes)
      return codes.map(inGroups)
    },
  }
}

function newCode(): string {
  return Array.from(randomBytes(LENGTH), byte => BASE32[byte % 32]).join('')
}

/** In groups of four: easier to copy by hand. */
function inGroups(code: string): string {
  return code.replace(/.{4}(?=.)/g, '$&-')
}
