// app.credentials: verifies passwords. Attempts are throttled, failures recorded in the account's security history.
import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import { errors } from '#schemas/errors.ts'
import { addAuditEvent, NOBODY } from '#sql/audit-events.ts'
import { hasSessionFromIp } from '#sql/sessions.ts'
import { findUser, findUserByEmail, type User } from '#sql/users.ts'
import { type Client, deviceOf } from '../http/client.ts'

declare module 'fastify' {
  interface FastifyInstance {
    credentials: {
      /**
       * The user of this e-mail (in canonical form) and password.
       * @throws notFound, the same for an unknown e-mail and a wrong password, or passwordInvalid if the password violates the rule for new ones;
       * tooManyAttempts; accountDisabled, emailUnverified
       */
      authenticate(email: string, password: string, client: Client): Promise<User>
      /**
       * A logged-in user gives the password again to confirm a change.
       * @throws passwordWrong, tooManyAttempts, userNotFound
       */
      reauthenticate(userId: User['id'], password: string, client: Client): Promise<User>
    }
  }
}

/** @see https://cheatsheetseries.owasp.org/cheatsheets/Authentication_Cheat_Sheet.html */
export default fp(async app => void app.decorate('credentials', credentials(app)), {
  name: 'credentials',
  dependencies: ['db', 'passwords', 'attempts'],
})

function credentials({ db, passwords, attempts }: FastifyInstance): FastifyInstance['credentials'] {
  /** Denial of service: strangers' guesses lock an account for strangers only. An IP the user has logged in from has a budget of its own. */
  async function budgetOfKnownIp(email: string, { ip, limitKey }: Client): Promise<string | undefined> {
    const known = ip !== null && (await hasSessionFromIp(db, email, ip))
    return known ? `${email} ${limitKey}` : undefined
  }

  async function verify(user: User | undefined, email: string, password: string, client: Client): Promise<boolean> {
    const attempt = await attempts.take(client.limitKey, email, () => budgetOfKnownIp(email, client))
    const verified = await passwords.verify(user?.password_hash, password).catch(async error => {
      // A full queue says nothing about the password, and must not erase the failures before it.
      await attempt.giveBack()
      throw error
    })
    if (verified) {
      await attempt.succeeded()
      return true
    }
    // For an unknown e-mail too: otherwise the response time would tell.
    const user_id = user?.id ?? NOBODY
    await addAuditEvent(db, { kind: 'login-failed', user_id, session_id: null, ...deviceOf(client) })
    return false
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
      const verified = await verify(user, email, password, client)
      if (!user || !verified) throw refusal(password)
      // Only a caller who knows the password learns the state of the account.
      if (user.disabled) throw errors.accountDisabled()
      if (!user.email_verified) throw errors.emailUnverified()
      return user
    },
    async reauthenticate(userId, password, client) {
      passwords.assertCapacity()
      const user = await findUser(db, userId)
      if (!user) throw errors.userNotFound()
      if (!(await verify(user, user.email, password, client))) throw errors.passwordWrong()
      return user
    },
  }
}
