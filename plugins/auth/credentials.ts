// app.credentials: whose password is it? Every guess is throttled, and written into the account's history.
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
       * The user of this e-mail (in its normalised form) and password.
       * @throws notFound for an unknown e-mail and a wrong password alike; tooManyAttempts; accountDisabled, emailUnverified
       */
      prove(email: string, password: string, client: Client): Promise<User>
      /**
       * The caller, who typed the password again to confirm a change.
       * @throws passwordWrong, tooManyAttempts
       */
      confirm(userId: number, password: string, client: Client): Promise<User>
    }
  }
}

/** @see https://cheatsheetseries.owasp.org/cheatsheets/Authentication_Cheat_Sheet.html */
export default fp(async app => void app.decorate('credentials', credentials(app)), {
  name: 'credentials',
  dependencies: ['db', 'passwords', 'attempts'],
})

function credentials({ db, passwords, attempts }: FastifyInstance): FastifyInstance['credentials'] {
  /** Takes the attempt out of the address's budget and the account's, and answers what gives it back. */
  async function takeAttempt(email: string, client: Client): Promise<() => Promise<void>> {
    await attempts.take('address', client.limitKey)
    const account = await takeFromAccount(email, client)
    return async () => {
      await Promise.all([attempts.refund('address', client.limitKey), attempts.refund('account', account)])
    }
  }

  /** Strangers' guesses lock an account for strangers only: where its user has logged in from before, a budget of its own is left. */
  async function takeFromAccount(email: string, { ip, limitKey }: Client): Promise<string> {
    try {
      await attempts.take('account', email)
      return email
    } catch (locked) {
      if (ip === null || !(await hasSessionFromIp(db, email, ip))) throw locked
      const known = `${email} ${limitKey}`
      await attempts.take('account', known)
      return known
    }
  }

  async function check(user: User | undefined, email: string, password: string, client: Client) {
    const giveBack = await takeAttempt(email, client)
    const genuine = await passwords.verify(user?.password_hash, password)
    if (genuine) await giveBack()
    // Written for an unknown e-mail too, or the time would tell.
    else
      await addAuditEvent(db, {
        kind: 'login-failed',
        user_id: user?.id ?? NOBODY,
        session_id: null,
        ...deviceOf(client),
      })
    return genuine
  }

  return {
    async prove(email, password, client) {
      // Before all else: a flood must not cost those who are served, nor a refusal an attempt of the account's.
      passwords.demandRoom()
      const user = await findUserByEmail(db, email)
      const genuine = await check(user, email, password, client)
      if (!user || !genuine) throw errors.notFound()
      // Only who knows the password learns how the account stands.
      if (user.disabled) throw errors.accountDisabled()
      if (!user.email_verified) throw errors.emailUnverified()
      return user
    },
    async confirm(userId, password, client) {
      passwords.demandRoom()
      const user = await findUser(db, userId)
      if (!user) throw errors.userNotFound()
      if (!(await check(user, user.email, password, client))) throw errors.passwordWrong()
      return user
    },
  }
}
