// app.mfa: second factors: one-time passwords and recovery codes, and the half-way token of a login that waits for one.
import { createHash, randomUUID } from 'node:crypto'
import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import type { Transaction } from 'kysely'
import { errors } from '#schemas/errors.ts'
import type { MfaChallenge } from '#schemas/login.ts'
import { addAuditEvent } from '#sql/audit-events.ts'
import { transaction } from '#sql/connection/transaction.ts'
import { consumeMfaChallenge, countMfaAttempt, insertMfaChallenge } from '#sql/mfa-challenges.ts'
import { addMail } from '#sql/outbox.ts'
import { consumeRecoveryCode, countRecoveryCodes, hasRecoveryCode, setRecoveryCodes } from '#sql/recovery-codes.ts'
import { mfaMethods } from '#sql/second-factors.ts'
import type { Flag, Tables } from '#sql/tables.ts'
import {
  confirmTotp,
  consumeTotpStep,
  countTotpAttempt,
  findTotp,
  listTotpByKey,
  reencryptTotp,
  setPendingTotp,
} from '#sql/totp-secrets.ts'
import { findUser, lockUser, type User } from '#sql/users.ts'
import { type Client, deviceOf } from '../../http/client.ts'
import { type AccessClaims, MFA_TOKEN_TTL_SECONDS } from '../tokens/claims.ts'
import { newRecoveryCodes, shownRecoveryCode, typedRecoveryCode } from './recovery-codes.ts'
import { createSeal } from './seal.ts'

declare module 'fastify' {
  interface FastifyInstance {
    mfa: {
      /** Draws a secret, which waits for its proof beside one that works already, and answers its `otpauth://` address. */
      start(user: Pick<User, 'id' | 'email'>, sessionId: string): Promise<{ secret: string; uri: string }>
      /** The address of the secret that waits for this session's proof. @throws notFound */
      pendingUri(caller: Caller): Promise<string>
      /** The QR code of such an address: a PNG. */
      picture(uri: string): Promise<Buffer>
      /** Proves that the user's app has the secret that waits: using the proof up makes it the one that works. @throws notFound, otpInvalid */
      provePending(caller: Caller, otp: string): Promise<Proof>
      /** @throws otpInvalid, also for one that was used; tooManyAttempts */
      proveOtp(userId: string, otp: string, client: Client): Promise<Proof>
      /** @throws recoveryCodeInvalid, also for one that was used */
      proveRecoveryCode(user: Pick<User, 'id' | 'email'>, code: string, client: Client): Promise<Proof>
      /** Gives a user new recovery codes in the place of the old ones: to be shown once. */
      renewRecoveryCodes(tx: Transaction<Tables>, userId: string): Promise<string[]>
      /** What a login is answered whose password was right, and no more. */
      challenge(user: User): Promise<MfaChallenge>
      /**
       * Who goes on with a login, and the proof of the first half of it. Takes a try.
       * @throws tokenInvalid also where the token was used, has no tries left, or the password was changed; tokenExpired; accountDisabled
       */
      resume(mfaToken: string): Promise<{ user: User; use: Proof }>
      /** Seals every secret anew that an older secret of SECRET sealed, so that this can be retired. Answers how many. */
      reseal(): Promise<number>
    }
  }
}

/** Uses up what was proved, in the transaction that does what the proof allows. Throws where somebody was faster: then nothing is done. */
export type Proof = (tx: Transaction<Tables>) => Promise<void>

/** Whose access token it is. */
export type Caller = Pick<AccessClaims, 'user_id' | 'sid'>

/** The guesses that an `mfa_token` allows. */
const TRIES = 5
/** Guesses at an account's one-time passwords, however many logins they come by. A recovery code is nobody's to guess, and has no limit but the token's. */
const OTP_TRIES = { max: 10, windowMs: 3_600_000 }
/** A secret waits so long for its proof (ms). */
const PENDING_TTL = 15 * 60_000
/** With so few recovery codes left, their owner is told. */
const FEW = 2
const RESEALED_AT_A_TIME = 100

/** Loaded when it is first needed, so that the start stays quick. */
const otps = () => import('./otp.ts')

/** @see https://cheatsheetseries.owasp.org/cheatsheets/Multifactor_Authentication_Cheat_Sheet.html */
export default fp(
  async app => {
    app.decorate('mfa', mfa(app))
    app.cleanUp.add({ table: 'mfa_challenges', key: 'id', time: 'expires_at', retention: 0 })
    app.cleanUp.add(() => app.mfa.reseal())
  },
  { name: 'mfa', dependencies: ['clean-up', 'config', 'db', 'tokens', 'keys'] },
)

function mfa({ db, tokens, keys, log }: FastifyInstance): FastifyInstance['mfa'] {
  const seal = createSeal(keys.derive('totp'))

  async function secretOf(userId: string, proved: Flag) {
    const row = await findTotp(db, userId, proved)
    if (!row) return undefined
    try {
      return { row, secret: seal.open(row, userId) }
    } catch (err) {
      // A recovery code still helps its owner.
      log.error({ err, userId }, 'a TOTP secret cannot be opened')
      return undefined
    }
  }

  /** Only the session that typed the password gets at it, and not for long: else a stolen token could prove what its owner began and left. */
  async function pendingOf({ user_id, sid }: Caller) {
    const pending = await secretOf(user_id, 0)
    const fresh = pending?.row.session_id === sid && pending.row.created_at > Date.now() - PENDING_TTL
    if (!pending || !fresh) throw errors.notFound()
    return pending
  }

  function noteFailure(user_id: string, client: Client): Promise<void> {
    return addAuditEvent(db, { kind: 'second-factor-failed', user_id, session_id: null, ...deviceOf(client) })
  }

  async function takeOtpTry(userId: string): Promise<void> {
    if (await countTotpAttempt(db, userId, OTP_TRIES)) return
    const row = await findTotp(db, userId, 1)
    if (!row) throw errors.otpInvalid()
    const left = row.attempts_since + OTP_TRIES.windowMs - Date.now()
    throw errors.tooManyAttempts({ details: { limit: 'otp' }, retryAfter: Math.max(1, Math.ceil(left / 1000)) })
  }

  async function resealAll(keyId: string): Promise<number> {
    const rows = await listTotpByKey(db, keyId, RESEALED_AT_A_TIME)
    for (const row of rows) await reencryptTotp(db, row, seal.close(seal.open(row, row.user_id), row.user_id))
    return rows.length === 0 ? 0 : rows.length + (await resealAll(keyId))
  }

  return {
    async start({ id, email }, session_id) {
      const { newSecret, uriOf } = await otps()
      const secret = newSecret()
      await transaction(db, async tx => {
        await lockUser(tx, id)
        await setPendingTotp(tx, { user_id: id, session_id }, seal.close(secret, id))
      })
      return { secret, uri: uriOf(secret, email) }
    },
    async pendingUri(caller) {
      const [pending, user] = [await pendingOf(caller), await findUser(db, caller.user_id)]
      if (!user) throw errors.notFound()
      return (await otps()).uriOf(pending.secret, user.email)
    },
    async picture(uri) {
      const { toBuffer } = await import('qrcode')
      return toBuffer(uri, { type: 'png' })
    },
    async provePending(caller, otp) {
      const pending = await pendingOf(caller)
      const step = (await otps()).stepOf(pending.secret, otp)
      if (step === undefined) throw errors.otpInvalid()
      return async tx => {
        if (!(await confirmTotp(tx, pending.row, step))) throw errors.otpInvalid()
      }
    },
    async proveOtp(userId, otp, client) {
      await takeOtpTry(userId)
      const proved = await secretOf(userId, 1)
      const step = proved && (await otps()).stepOf(proved.secret, otp)
      if (!proved || step === undefined || step <= proved.row.last_step) {
        await noteFailure(userId, client)
        throw errors.otpInvalid()
      }
      return async tx => {
        if (!(await consumeTotpStep(tx, userId, step))) throw errors.otpInvalid()
      }
    },
    async proveRecoveryCode({ id: user_id, email: recipient }, typed, client) {
      const code = typedRecoveryCode(typed)
      if (!(await hasRecoveryCode(db, user_id, code))) {
        await noteFailure(user_id, client)
        throw errors.recoveryCodeInvalid()
      }
      return async tx => {
        if (!(await consumeRecoveryCode(tx, user_id, code))) throw errors.recoveryCodeInvalid()
        await addAuditEvent(tx, { kind: 'recovery-code-used', user_id, session_id: null, ...deviceOf(client) })
        await addMail(tx, { template: 'recovery-code-used', user_id, recipient })
        const left = await countRecoveryCodes(tx, user_id)
        if (left === FEW) await addMail(tx, { template: 'recovery-codes-low', user_id, recipient })
      }
    },
    async renewRecoveryCodes(tx, userId) {
      const codes = newRecoveryCodes()
      await setRecoveryCodes(tx, userId, codes)
      return codes.map(shownRecoveryCode)
    },
    async challenge({ id: user_id, password_hash }) {
      const iat = Math.floor(Date.now() / 1000)
      const exp = iat + MFA_TOKEN_TTL_SECONDS
      const id = randomUUID()
      const methods = await mfaMethods(db, user_id)
      await insertMfaChallenge(db, { id, user_id, expires_at: exp * 1000 })
      const mfa_token = tokens.mfa.sign({ sub: user_id, iat, exp, jti: id, pwd: fingerprint(password_hash) })
      return { mfa_required: true, mfa_token, expires_in: MFA_TOKEN_TTL_SECONDS, methods }
    },
    async resume(mfaToken) {
      const { sub, jti, pwd } = tokens.mfa.verify(mfaToken)
      const user = await findUser(db, sub)
      if (!user || fingerprint(user.password_hash) !== pwd) throw errors.tokenInvalid()
      if (user.disabled) throw errors.accountDisabled()
      if (!(await countMfaAttempt(db, jti, TRIES))) throw errors.tokenInvalid()
      return {
        user,
        async use(tx) {
          if (!(await consumeMfaChallenge(tx, jti))) throw errors.tokenInvalid()
        },
      }
    },
    async reseal() {
      let total = 0
      for (const key_id of seal.older) total += await resealAll(key_id)
      return total
    },
  }
}

/** Ties a half-done login to the password that began it. The hash has a random salt of its own, so this tells nothing of it. */
function fingerprint(passwordHash: string): string {
  return createHash('sha256').update(passwordHash).digest('base64url').slice(0, 22)
}
