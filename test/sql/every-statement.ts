/** Every statement of the service, issued once: each function of sql/ that takes the database, with arguments that meet rows. */
import type { Kysely } from 'kysely'
import * as cleanUp from '../../sql/clean-up.ts'
import * as emailChanges from '../../sql/email-changes.ts'
import * as events from '../../sql/events.ts'
import * as films from '../../sql/films.ts'
import * as oneTimeTokens from '../../sql/one-time-tokens.ts'
import * as outbox from '../../sql/outbox.ts'
import * as passwords from '../../sql/passwords.ts'
import * as resetCodes from '../../sql/reset-codes.ts'
import * as sessions from '../../sql/sessions.ts'
import type { Tables } from '../../sql/tables.ts'
import { transaction } from '../../sql/transaction.ts'
import * as users from '../../sql/users.ts'
import { DAY, emailOf, idOf } from './many-rows.ts'

const device = { user_agent: null, ip: '192.0.2.1' }
const hash = 'another-hash'

/** What the table below must have an entry for. */
export const modules = {
  cleanUp,
  emailChanges,
  events,
  films,
  oneTimeTokens,
  outbox,
  passwords,
  resetCodes,
  sessions,
  users,
}

/** Functions by their names. Each case takes a user of its own. */
export function everyStatement(db: Kysely<Tables>, now: number): Record<string, () => Promise<unknown>> {
  const user = async (n: number) => (await users.findUser(db, idOf('users', n))) as users.User
  const session = async (n: number) => (await sessions.findSession(db, idOf('sessions', n))) as sessions.SessionWithUser
  const mail = async (n: number) =>
    db.selectFrom('outbox').selectAll().where('id', '=', idOf('outbox', n)).executeTakeFirstOrThrow()
  return {
    cleanUp: () => cleanUp.cleanUp(db, { sessions: DAY, mails: DAY, events: 20 * DAY, challenges: DAY }),
    takeLease: () => cleanUp.takeLease(db, 'plans', now),
    releaseLease: () => cleanUp.releaseLease(db, 'plans', now),

    putEmailChange: () =>
      transaction(db, tx =>
        emailChanges.putEmailChange(tx, {
          user_id: idOf('users', 1),
          new_email: 'new1@plans.example',
          outbox_id: idOf('outbox', 1),
        }),
      ),
    findEmailChange: () => emailChanges.findEmailChange(db, idOf('users', 2), idOf('outbox', 2)),
    changeEmail: () =>
      transaction(db, tx =>
        emailChanges.changeEmail(tx, {
          user_id: idOf('users', 3),
          new_email: 'new3@plans.example',
          outbox_id: idOf('outbox', 3),
          created_at: now,
        }),
      ),

    addEvent: () => events.addEvent(db, { kind: 'logged-in', user_id: idOf('users', 4), session_id: null, ...device }),
    listEvents: async () => {
      await events.listEvents(db, idOf('users', 4), 20)
      await events.listEvents(db, idOf('users', 4), 20, idOf('events', 5))
    },

    listFilms: () => films.listFilms(db),

    mintOneTimeToken: () =>
      transaction(db, tx =>
        oneTimeTokens.mintOneTimeToken(tx, {
          user_id: idOf('users', 5),
          purpose: 'email-verification',
          outbox_id: idOf('outbox', 5),
          expires_at: now + DAY,
        }),
      ),
    consumeOneTimeToken: async () => {
      const token = await transaction(db, tx =>
        oneTimeTokens.mintOneTimeToken(tx, {
          user_id: idOf('users', 6),
          purpose: 'password-reset',
          outbox_id: idOf('outbox', 6),
          expires_at: now + DAY,
        }),
      )
      await transaction(db, tx => oneTimeTokens.consumeOneTimeToken(tx, token as string, 'password-reset'))
    },
    findOneTimeToken: () => oneTimeTokens.findOneTimeToken(db, 'unknown'),
    lockUser: () => transaction(db, tx => oneTimeTokens.lockUser(tx, idOf('users', 7))),

    addMail: () =>
      outbox.addMail(db, { template: 'password-changed', user_id: idOf('users', 8), recipient: emailOf(8) }),
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
        passwords.replacePassword(tx, (await users.findUser(tx, idOf('users', 12))) as users.User, hash),
      ),
    resetPassword: () => transaction(db, tx => passwords.resetPassword(tx, idOf('users', 13), hash)),
    voidMailedProofs: () => transaction(db, tx => passwords.voidMailedProofs(tx, idOf('users', 14))),

    putResetCode: () =>
      transaction(db, tx =>
        resetCodes.putResetCode(tx, {
          user_id: idOf('users', 15),
          outbox_id: idOf('outbox', 15),
          expires_at: now + DAY,
        }),
      ),
    countGuess: () => transaction(db, tx => resetCodes.countGuess(tx, idOf('users', 15))),
    deleteResetCode: () => transaction(db, tx => resetCodes.deleteResetCode(tx, idOf('users', 15))),

    changedSessions: async () => {
      await sessions.changedSessions(db, { within: DAY })
      await sessions.changedSessions(db, { since: now - DAY / 2, overlap: 10_000 })
    },
    insertSession: () => sessions.insertSession(db, { user_id: idOf('users', 16), lifetime: DAY, ...device }),
    findSession: () => session(17),
    advanceGeneration: async () => sessions.advanceGeneration(db, await session(17)),
    moveOn: async () => sessions.moveOn(db, await session(17)),
    nextGeneration: () => transaction(db, tx => sessions.nextGeneration(tx, idOf('sessions', 18), idOf('users', 18))),
    revokeSession: () => sessions.revokeSession(db, idOf('sessions', 19), idOf('users', 19)),
    liveSessions: () => sessions.liveSessions(db, idOf('users', 20), DAY),
    hasUsedAddress: () => sessions.hasUsedAddress(db, emailOf(21), '192.0.2.1'),

    findUserByEmail: () => users.findUserByEmail(db, emailOf(22)),
    findUser: () => user(22),
    insertUser: () =>
      users.insertUser(db, { email: 'inserted@plans.example', password_hash: hash, access_role: 'basic' }),
    recordLogin: async () => users.recordLogin(db, await user(23), hash),
    markEmailVerified: () => users.markEmailVerified(db, idOf('users', 24)),
    listUsers: async () => {
      for (const after of [undefined, idOf('users', 900)])
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
    updateUser: () => users.updateUser(db, idOf('users', 25), { first_name: 'Leia' }),
    lockAdministrators: () => transaction(db, tx => users.lockAdministrators(tx)),
    deleteUser: () => transaction(db, tx => users.deleteUser(tx, idOf('users', 26))),
  }
}
