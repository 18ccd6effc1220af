import type { FastifyInstance } from 'fastify'
import type { Transaction } from 'kysely'
import { errors } from '#schemas/errors.ts'
import { addAuditEvent } from '#sql/audit-events.ts'
import type { Tables } from '#sql/tables.ts'
import { confirmTotp, consumeTotpStep, countTotpAttempt, findTotp, setPendingTotp } from '#sql/totp-secrets.ts'
import { findUser, type User } from '#sql/users.ts'
import { type Client, originOf } from '../../http/client.ts'
import { secretStore } from './secrets.ts'
import type { Caller, Consume } from './types.ts'

export interface Totp {
  /** Generates a secret, with the user's row locked, which is pending until it is confirmed; a confirmed one goes on working. */
  start(
    tx: Transaction<Tables>,
    user: Pick<User, 'id' | 'email'>,
    sessionId: string,
  ): Promise<{ secret: string; uri: string }>
  /** The `otpauth://` URI of this session's pending secret. @throws notFound */
  pendingUri(caller: Caller): Promise<string>
  /** A PNG of the QR code. */
  qrCode(uri: string): Promise<Buffer>
  /** Verifies that the user's app has the pending secret: consuming this confirms it. @throws notFound, otpInvalid */
  verifyPending(caller: Caller, otp: string): Promise<Consume>
  /** @throws otpInvalid, also for one that was used; tooManyAttempts */
  verify(userId: User['id'], otp: string, client: Client): Promise<Consume>
  /** A batch of what older keys encrypted is encrypted by the newest. @returns the number of secrets; 0 when nothing is left to do */
  reencrypt(): Promise<number>
}

/** Guesses at an account's one-time passwords, across all its logins; and at those of a pending secret. */
const ATTEMPTS = { max: 10, windowMs: 3_600_000 }
/** How long a secret can be confirmed. */
const PENDING_TTL_MS = 15 * 60_000

/** Loaded at first use: the start stays fast. */
const otps = () => import('./otp.ts')

/** Only who sends a valid code learns this: it opens nothing any more. */
const otpUsed = () => errors.otpInvalid({ details: { reason: 'used' } })

export function createTotp(app: Pick<FastifyInstance, 'config' | 'db' | 'keys' | 'log'>): Totp {
  const { db } = app
  const { APP_NAME } = app.config
  const secrets = secretStore(app)

  /** Only for the session that gave the password, and not for long: a stolen token must not confirm what its owner began and left. */
  async function pendingOf({ user_id, sid }: Caller) {
    const pending = await secrets.find(user_id, 0)
    const fresh = pending?.row.session_id === sid && pending.row.created_at > Date.now() - PENDING_TTL_MS
    if (!pending || !fresh) throw errors.notFound()
    return pending
  }

  async function takeAttempt(userId: User['id']): Promise<void> {
    if (await countTotpAttempt(db, userId, 1, ATTEMPTS)) return
    const row = await findTotp(db, userId, 1)
    if (!row) throw errors.otpInvalid()
    const left = row.attempts_since + ATTEMPTS.windowMs - Date.now()
    throw errors.tooManyAttempts({ details: { limit: 'otp' }, retryAfter: Math.max(1, Math.ceil(left / 1000)) })
  }

  return {
    async start(tx, { id: user_id, email }, session_id) {
      const { newSecret, uriOf } = await otps()
      const secret = newSecret()
      await setPendingTotp(tx, { user_id, session_id }, secrets.encrypt(secret, user_id))
      return { secret, uri: uriOf(secret, email, APP_NAME) }
    },
    async pendingUri(caller) {
      const [pending, user] = [await pendingOf(caller), await findUser(db, caller.user_id)]
      if (!user) throw errors.notFound()
      return (await otps()).uriOf(pending.secret, user.email, APP_NAME)
    },
    async qrCode(uri) {
      const { toBuffer } = await import('qrcode')
      return toBuffer(uri, { type: 'png' })
    },
    async verifyPending(caller, otp) {
      const pending = await pendingOf(caller)
      // The response has recovery codes: whoever holds a stolen token could guess on from many IPs. The user starts again.
      if (!(await countTotpAttempt(db, caller.user_id, 0, ATTEMPTS))) throw errors.notFound()
      const step = (await otps()).stepOf(pending.secret, otp)
      if (step === undefined) throw errors.otpInvalid()
      return async tx => {
        if (!(await confirmTotp(tx, pending.row, step))) throw errors.otpInvalid()
      }
    },
    async verify(user_id, otp, client) {
      await takeAttempt(user_id)
      const confirmed = await secrets.find(user_id, 1)
      const step = confirmed && (await otps()).stepOf(confirmed.secret, otp)
      if (!confirmed || step === undefined || step <= confirmed.row.last_step) {
        await addAuditEvent(db, { kind: 'second-factor-failed', user_id, session_id: null, ...originOf(client) })
        throw confirmed && step === confirmed.row.last_step ? otpUsed() : errors.otpInvalid()
      }
      return async tx => {
        if (!(await consumeTotpStep(tx, user_id, step))) throw otpUsed()
      }
    },
    reencrypt: secrets.reencrypt,
  }
}
