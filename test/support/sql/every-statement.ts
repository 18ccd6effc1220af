/** Every statement of the service, issued once: each function of sql/ that takes the database, with arguments that meet rows. */
import type { FastifyInstance } from 'fastify'
import type { Kysely } from 'kysely'
import * as auditEvents from '#sql/audit-events.ts'
import * as cleanUp from '#sql/clean-up.ts'
import { transaction } from '#sql/connection/transaction.ts'
import * as emailChanges from '#sql/email-changes.ts'
import * as emailTokens from '#sql/email-tokens.ts'
import * as films from '#sql/films.ts'
import * as imports from '#sql/imports.ts'
import * as leases from '#sql/leases.ts'
import * as mfaChallenges from '#sql/mfa-challenges.ts'
import * as oneTimeTokens from '#sql/one-time-tokens.ts'
import * as outbox from '#sql/outbox.ts'
import * as passkeys from '#sql/passkeys.ts'
import * as recoveryCodes from '#sql/recovery-codes.ts'
import * as resetCodes from '#sql/reset-codes.ts'
import * as secondFactors from '#sql/second-factors.ts'
import * as sessionChanges from '#sql/session-changes.ts'
import * as sessions from '#sql/sessions.ts'
import type { Tables } from '#sql/tables.ts'
import * as totpSecrets from '#sql/totp-secrets.ts'
import * as usedChallenges from '#sql/used-challenges.ts'
import * as users from '#sql/users.ts'
import { DAY, emailOf, idOf, passkeyOf, userId } from './many-rows.ts'

const device = { user_agent: null, ip: '192.0.2.1' }
const hash = 'another-hash'

/** What the table below must have an entry for. */
export const modules = {
  auditEvents,
  cleanUp,
  emailChanges,
  emailTokens,
  films,
  imports,
  leases,
  mfaChallenges,
  oneTimeTokens,
  outbox,
  passkeys,
  recoveryCodes,
  resetCodes,
  secondFactors,
  sessionChanges,
  sessions,
  totpSecrets,
  usedChallenges,
  users,
}

/** Functions by their names. Each case takes a user of its own. */
export function everyStatement(
  app: FastifyInstance,
  db: Kysely<Tables>,
  now: number,
): Record<string, () => Promise<unknown>> {
  const user = async (n: number) => (await users.findUser(db, userId(n))) as users.User
  const session = async (n: number) => (await sessions.findSession(db, idOf('sessions', n))) as sessions.SessionWithUser
  const mail = async (n: number) =>
    db.selectFrom('outbox').selectAll().where('id', '=', idOf('outbox', n)).executeTakeFirstOrThrow()
  return {
    // What the plugins and routes of the running service have added.
    deleteExpired: () => app.cleanUp.run(),
    takeLease: () => leases.takeLease(db, 'plans', now),
    releaseLease: () => leases.releaseLease(db, 'plans', now),

    putEmailChange: () =>
      transaction(db, tx =>
        emailChanges.putEmailChange(tx, {
          user_id: userId(1),
          new_email: 'new1@plans.example',
          outbox_id: idOf('outbox', 1),
        }),
      ),
    findEmailChange: () => emailChanges.findEmailChange(db, userId(2), idOf('outbox', 2)),
    deleteEmailChange: () => transaction(db, tx => emailChanges.deleteEmailChange(tx, userId(3))),
    changeEmail: () => transaction(db, tx => users.changeEmail(tx, userId(3), 'new3@plans.example')),
    setMfaEnabled: () => transaction(db, tx => users.setMfaEnabled(tx, userId(3), 0)),

    addAuditEvent: () =>
      auditEvents.addAuditEvent(db, { kind: 'logged-in', user_id: userId(4), session_id: null, ...device }),
    listAuditEvents: async () => {
      await auditEvents.listAuditEvents(db, userId(4), 20)
      await auditEvents.listAuditEvents(db, userId(4), 20, idOf('audit_events', 5))
    },

    findImport: () => imports.findImport(db, 'unknown'),
    beginImport: () => imports.beginImport(db, 'y'.repeat(64)),
    importBatch: async () => {
      const before = await imports.beginImport(db, 'x'.repeat(64))
      const users = [
        { email: 'imported@plans.example', password_hash: hash, access_role: 'basic' as const, created_at: now },
      ]
      await imports.importBatch(db, before, [emailOf(27), emailOf(28), 'free@plans.example'], async () => ({
        users,
        after: { ...before, position: 1 },
      }))
    },

    listPasskeys: () => passkeys.listPasskeys(db, userId(29)),
    findPasskey: () => passkeys.findPasskey(db, 'credential29'),
    insertPasskey: () =>
      transaction(db, tx => passkeys.insertPasskey(tx, { ...passkeyOf(29), credential_id: 'another' })),
    renamePasskey: () => passkeys.renamePasskey(db, { id: idOf('passkeys', 30), user_id: userId(30), name: 'key' }),
    deletePasskey: () => transaction(db, tx => passkeys.deletePasskey(tx, userId(31), idOf('passkeys', 31))),
    deletePasskeys: () => transaction(db, tx => passkeys.deletePasskeys(tx, userId(32))),
    recordPasskeyUse: () =>
      transaction(db, tx => passkeys.recordPasskeyUse(tx, { id: idOf('passkeys', 33), counter: 2, backed_up: 0 })),
    consumeChallenge: () =>
      transaction(db, tx => usedChallenges.consumeChallenge(tx, { id: 'f'.repeat(32), expires_at: now })),

    setRecoveryCodes: () => transaction(db, tx => recoveryCodes.setRecoveryCodes(tx, userId(34), ['a', 'b'])),
    hasRecoveryCode: () => recoveryCodes.hasRecoveryCode(db, userId(34), 'a'),
    consumeRecoveryCode: () => transaction(db, tx => recoveryCodes.consumeRecoveryCode(tx, userId(34), 'a')),
    countRecoveryCodes: () => recoveryCodes.countRecoveryCodes(db, userId(34)),
    deleteRecoveryCodes: () => transaction(db, tx => recoveryCodes.deleteRecoveryCodes(tx, userId(35))),

    findTotp: () => totpSecrets.findTotp(db, userId(36), 1),
    setPendingTotp: () =>
      transaction(db, tx =>
        totpSecrets.setPendingTotp(
          tx,
          { user_id: userId(37), session_id: idOf('sessions', 37) },
          { ciphertext: 'pending37', key_id: 'the newest key' },
        ),
      ),
    confirmTotp: () =>
      transaction(db, tx => totpSecrets.confirmTotp(tx, { user_id: userId(37), ciphertext: 'pending37' }, 2)),
    deleteTotp: () => transaction(db, tx => totpSecrets.deleteTotp(tx, userId(38), 1)),
    countTotpAttempt: () => totpSecrets.countTotpAttempt(db, userId(39), { max: 10, windowMs: DAY }),
    consumeTotpStep: () => transaction(db, tx => totpSecrets.consumeTotpStep(tx, userId(39), 2)),
    listTotpByKey: () => totpSecrets.listTotpByKey(db, 'an older key', { afterUser: 3, limit: 100 }),
    reencryptTotp: async () => {
      const secret = (await totpSecrets.findTotp(db, userId(40), 1)) as totpSecrets.TotpSecret
      await totpSecrets.reencryptTotp(db, secret, { ciphertext: 'anew', key_id: 'the newest key' })
    },

    mfaMethods: () => secondFactors.mfaMethods(db, userId(41)),
    updateMfaEnabled: () => transaction(db, tx => secondFactors.updateMfaEnabled(tx, userId(41))),
    removeSecondFactors: () => transaction(db, tx => secondFactors.removeSecondFactors(tx, userId(42))),
    insertMfaChallenge: () =>
      mfaChallenges.insertMfaChallenge(db, { id: 'a-challenge', user_id: userId(43), expires_at: now + DAY }),
    countMfaAttempt: () => mfaChallenges.countMfaAttempt(db, idOf('mfa_challenges', 44), 5),
    deleteMfaChallenges: () => transaction(db, tx => mfaChallenges.deleteMfaChallenges(tx, userId(45))),
    consumeMfaChallenge: () => transaction(db, tx => mfaChallenges.consumeMfaChallenge(tx, idOf('mfa_challenges', 44))),

    listFilms: () => films.listFilms(db),

    mintOneTimeToken: () =>
      transaction(db, tx =>
        oneTimeTokens.mintOneTimeToken(tx, {
          user_id: userId(5),
          purpose: 'email-verification',
          outbox_id: idOf('outbox', 5),
          expires_at: now + DAY,
        }),
      ),
    consumeOneTimeToken: async () => {
      const token = await transaction(db, tx =>
        oneTimeTokens.mintOneTimeToken(tx, {
          user_id: userId(6),
          purpose: 'password-reset',
          outbox_id: idOf('outbox', 6),
          expires_at: now + DAY,
        }),
      )
      await transaction(db, tx => oneTimeTokens.consumeOneTimeToken(tx, token as string, 'password-reset'))
    },
    deleteOneTimeTokens: async () => {
      await transaction(db, tx => oneTimeTokens.deleteOneTimeTokens(tx, userId(6)))
      await transaction(db, tx => oneTimeTokens.deleteOneTimeTokens(tx, userId(6), 'email-change'))
    },
    findOneTimeToken: () => oneTimeTokens.findOneTimeToken(db, 'unknown'),
    lockUser: () => transaction(db, tx => users.lockUser(tx, userId(7))),

    addMail: () => outbox.addMail(db, { template: 'password-changed', user_id: userId(8), recipient: emailOf(8) }),
    listDueMails: () => outbox.listDueMails(db, now, 5),
    claimMail: async () => outbox.claimMail(db, await mail(9), now),
    finishMail: async () => outbox.finishMail(db, await mail(9), 'sent'),
    postponeMail: async () => outbox.postponeMail(db, await mail(10), now, 'refused'),
    countEarlierMails: async () => {
      await outbox.countEarlierMails(db, await mail(11), now - DAY)
      await outbox.countEarlierMails(db, await mail(11), now - DAY, 'user_id')
    },
    outboxDepth: () => outbox.outboxDepth(db),

    replacePassword: async () =>
      transaction(db, async tx =>
        users.replacePassword(tx, (await users.findUser(tx, userId(12))) as users.User, hash),
      ),
    resetPassword: () => transaction(db, tx => users.resetPassword(tx, userId(13), hash)),
    invalidateEmailTokens: () => transaction(db, tx => emailTokens.invalidateEmailTokens(tx, userId(14))),

    putResetCode: () =>
      transaction(db, tx =>
        resetCodes.putResetCode(tx, {
          user_id: userId(15),
          outbox_id: idOf('outbox', 15),
          expires_at: now + DAY,
        }),
      ),
    countResetAttempt: () => transaction(db, tx => resetCodes.countResetAttempt(tx, userId(15))),
    deleteResetCode: () => transaction(db, tx => resetCodes.deleteResetCode(tx, userId(15))),

    changedSessions: async () => {
      await sessionChanges.changedSessions(db, { within: DAY })
      await sessionChanges.changedSessions(db, { since: now - DAY / 2, overlap: 10_000 })
    },
    insertSession: () => sessions.insertSession(db, { user_id: userId(16), lifetime: DAY, ...device }),
    findSession: () => session(17),
    advanceGeneration: async () => sessions.advanceGeneration(db, await session(17)),
    touchSession: async () => sessions.touchSession(db, await session(17)),
    bumpGeneration: () => transaction(db, tx => sessions.bumpGeneration(tx, idOf('sessions', 18), userId(18))),
    revokeSession: () => sessions.revokeSession(db, idOf('sessions', 19), userId(19)),
    activeSessions: () => sessions.activeSessions(db, userId(20), DAY),
    hasSessionFromIp: () => sessions.hasSessionFromIp(db, emailOf(21), '192.0.2.1'),

    findUserByEmail: () => users.findUserByEmail(db, emailOf(22)),
    findUser: () => user(22),
    insertUser: () =>
      users.insertUser(db, { email: 'inserted@plans.example', password_hash: hash, access_role: 'basic' }),
    recordLogin: async () => users.recordLogin(db, await user(23), hash),
    markEmailVerified: () => users.markEmailVerified(db, userId(24)),
    listUsers: async () => {
      for (const after of [undefined, userId(900)])
        for (const filter of [
          {},
          { access_role: 'admin' as const },
          { access_role: 'basic' as const, disabled: 0 as const },
          { disabled: 1 as const },
          { email_verified: 0 as const },
        ])
          await users.listUsers(db, filter, 20, after)
      for (const after of [undefined, emailOf(15)]) await users.listUsers(db, { email: 'user1' }, 20, after)
    },
    updateUser: () => users.updateUser(db, userId(25), { first_name: 'Leia' }),
    lockAdministrators: () => transaction(db, tx => users.lockAdministrators(tx)),
    deleteUser: () => transaction(db, tx => users.deleteUser(tx, userId(26))),
  }
}
