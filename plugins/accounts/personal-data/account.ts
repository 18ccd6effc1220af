/** What the account itself consists of. */
import type { FastifyInstance } from 'fastify'
import { errors } from '#schemas/errors.ts'
import { listAuditEvents } from '#sql/audit-events.ts'
import { listPasskeys } from '#sql/passkeys.ts'
import { findPendingEmailOf, listMailsOf, listSessionsOf } from '#sql/personal-data.ts'
import { countRecoveryCodes } from '#sql/recovery-codes.ts'
import { findTotp } from '#sql/totp-secrets.ts'
import { findUser, type User } from '#sql/users.ts'
import { applicationOf, scopesOf } from '../devices.ts'

/** @returns what is held, as JSON, without secrets */
export type Collect = (userId: User['id']) => Promise<unknown>

/** Rows of a list. An attacker can cause any number of failed logins, and the lists become one JSON text, which must not hold up the event loop. */
const LIST_MAX = 1000

const time = (milliseconds: number | null) => (milliseconds === null ? null : new Date(milliseconds).toISOString())

export function accountParts(app: FastifyInstance): Record<string, Collect> {
  const { auditEvents, db, users } = app
  return {
    async account(userId) {
      const row = await findUser(db, userId)
      if (!row) throw errors.userNotFound()
      return {
        ...users.serialize(row),
        phone_e164: row.phone_e164,
        updated: time(row.updated_at),
        last_login: time(row.last_login_at),
        owner_proved: time(row.owner_proved_at),
      }
    },
    async pending_email(userId) {
      const change = await findPendingEmailOf(db, userId)
      return change ? { email: change.new_email, requested: time(change.created_at) } : null
    },
    async second_factors(userId) {
      const totp = await findTotp(db, userId, 1)
      const passkeys = await listPasskeys(db, userId)
      return {
        authenticator_app: totp ? { enabled: time(totp.created_at) } : null,
        recovery_codes_left: await countRecoveryCodes(db, userId),
        passkeys: passkeys.map(({ id, name, aaguid, created_at, last_used_at }) => ({
          id,
          name,
          aaguid,
          created: time(created_at),
          last_used: time(last_used_at),
        })),
      }
    },
    async sessions(userId) {
      const sessions = await listSessionsOf(db, userId, LIST_MAX)
      const scopes = await scopesOf(app, sessions)
      return sessions.map(({ created_at, rotated_at, expires_at, revoked_at, user_agent, ip, ...session }) => ({
        id: session.id,
        created: time(created_at),
        last_used: time(rotated_at),
        expires: time(expires_at),
        ended: time(revoked_at),
        device: user_agent,
        ip,
        application: applicationOf(session, scopes),
      }))
    },
    async audit_events(userId) {
      const events = await listAuditEvents(db, { user_id: userId }, LIST_MAX)
      // An administrator may export it, but hands it on to the user.
      return events.map(event => auditEvents.serialize(event, { user_id: userId, access_role: 'basic' }))
    },
    async mails(userId) {
      const mails = await listMailsOf(db, userId, LIST_MAX)
      return mails.map(({ id, template, recipient, created_at, outcome, finished_at }) => ({
        id,
        template,
        recipient,
        created: time(created_at),
        outcome,
        finished: time(finished_at),
      }))
    },
  }
}
