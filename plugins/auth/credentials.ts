// app.credentials: verifies passwords. Attempts are throttled, failures recorded in the account's security history.
import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import { errors } from '#schemas/errors.ts'
import { addAuditEvent, NOBODY } from '#sql/audit-events.ts'
import { addMail } from '#sql/outbox.ts'
import { hasSessionFromIp } from '#sql/sessions.ts'
import { findUser, findUserByEmail, type User } from '#sql/users.ts'
import { type Client, originOf } from '../http/client.ts'

/** Whose password it is, and the session that asks. */
interface Reauthenticating {
  user_id: User['id']
  sid: string | null
}

declare module 'fastify' {
  interface FastifyInstance {
    credentials: {
      /**
       * The user of this e-mail (in canonical form) and password.
       * @throws notFound, the same for an unknown e-mail and a wrong password, or passwordInvalid if the password violates the rule for new ones;
       * tooManyAttempts; accountDisabled, emailUnverified. With HIDE_ACCOUNTS an unverified account is not found either, and its owner gets the link again
       */
      authenticate(email: string, password: string, client: Client): Promise<User>
      /**
       * A logged-in user gives the password again to confirm a change. The attempt counts like a login's.
       * @throws passwordWrong, tooManyAttempts, userNotFound
       */
      reauthenticate(user: Reauthenticating, password: string, client: Client): Promise<User>
      /**
       * Refuses the current password as a new one. That tells whether a guess is right, so it counts as an attempt.
       * @returns gives the attempt back: call it once the password has changed
       * @throws passwordUnchanged, tooManyAttempts, userNotFound
       */
      rejectCurrent(userId: User['id'], password: string, client: Client): Promise<() => Promise<void>>
    }
  }
}

/** @see https://cheatsheetseries.owasp.org/cheatsheets/Authentication_Cheat_Sheet.html */
export default fp(async app => void app.decorate('credentials', credentials(app)), {
  name: 'credentials',
  dependencies: ['attempts', 'config', 'db', 'mailer', 'passwords'],
})

function credentials({ attempts, config, db, mailer, passwords }: FastifyInstance): FastifyInstance['credentials'] {
  /** Denial of service: strangers' guesses lock an account for strangers only. An IP the user has logged in from has a budget of its own. */
  async function budgetOfKnownIp(email: string, { ip, limitKey }: Client): Promise<string | undefined> {
    const known = ip !== null && (await hasSessionFromIp(db, email, ip))
    return known ? `${email} ${limitKey}` : undefined
  }

  /** The attempt counts before its outcome is known. */
  async function attempt(user: User | undefined, email: string, password: string, client: Client) {
    const counted = await attempts.take(client.limitKey, email, () => budgetOfKnownIp(email, client))
    const verified = await passwords.verify(user?.password_hash, password).catch(async error => {
      // A full queue says nothing about the password, and must not erase the failures before it.
      await counted.giveBack()
      throw error
    })
    return { ...counted, verified }
  }

  /** @param recordFailure one insertion, whatever the reason: otherwise the response time would tell it */
  async function verify(
    user: User | undefined,
    email: string,
    password: string,
    client: Client,
    recordFailure = () => recordFailedLogin(user, client),
  ): Promise<boolean> {
    const { verified, succeeded } = await attempt(user, email, password, client)
    if (verified) {
      await succeeded()
      return true
    }
    await recordFailure()
    return false
  }

  /** For an unknown e-mail too. */
  async function recordFailedLogin(user: User | undefined, client: Client): Promise<void> {
    const user_id = user?.id ?? NOBODY
    await addAuditEvent(db, { kind: 'login-failed', user_id, session_id: null, ...originOf(client) })
  }

  /**
   * Enumeration: whoever signs up with an address and then logs in must not learn whether they have created an account or somebody has one.
   * Only the owner of the mailbox does. The password is not looked at: a correct one would neither take as long nor count as a failure.
   */
  async function refuseUnverified({ id: user_id, email }: User, password: string, client: Client): Promise<never> {
    await verify(undefined, email, password, client, async () => {
      await addMail(db, { template: 'email-verification', user_id, recipient: email })
      mailer.wake()
    })
    throw refusal(password)
  }

  /** Passwords may be older than the rule, so they are verified first. The error is the same for known and unknown e-mails, after the same time. */
  function refusal(password: string) {
    if (passwords.followsRule(password)) return errors.notFound()
    return errors.passwordInvalid({
      details: { in: 'body', field: 'password', problem: 'does not follow the rule for passwords' },
    })
  }

  return {
    async authenticate(email, password, client) {
      // First: during a flood, a rejected request must cost the database nothing and the account no attempt.
      passwords.assertCapacity()
      const user = await findUserByEmail(db, email)
      if (config.HIDE_ACCOUNTS && user?.email_verified === 0) return refuseUnverified(user, password, client)
      const verified = await verify(user, email, password, client)
      if (!user || !verified) throw refusal(password)
      // Only a caller who knows the password learns the state of the account.
      if (user.disabled) throw errors.accountDisabled()
      if (!user.email_verified) throw errors.emailUnverified()
      return user
    },
    async reauthenticate({ user_id, sid }, password, client) {
      passwords.assertCapacity()
      const user = await findUser(db, user_id)
      if (!user) throw errors.userNotFound()
      const event = { kind: 'reauthentication-failed', user_id, session_id: sid, ...originOf(client) } as const
      const recordFailure = () => addAuditEvent(db, event)
      if (!(await verify(user, user.email, password, client, recordFailure))) throw errors.passwordWrong()
      return user
    },
    async rejectCurrent(userId, password, client) {
      passwords.assertCapacity()
      const user = await findUser(db, userId)
      if (!user) throw errors.userNotFound()
      const { verified, giveBack } = await attempt(user, user.email, password, client)
      if (verified) throw errors.passwordUnchanged()
      return giveBack
    },
  }
}
