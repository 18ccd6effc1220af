/** The ways into an account, whatever they are. */
import type { FastifyInstance } from 'fastify'
import type { Transaction } from 'kysely'
import { errors } from '#schemas/errors.ts'
import type { LoginMethod } from '#schemas/login-methods.ts'
import { deleteLinkedLogin, type LinkedLogin, listLinkedLogins } from '#sql/linked-logins.ts'
import { deleteMfaChallenges } from '#sql/mfa-challenges.ts'
import { deletePasskey, listPasskeys, type Passkey } from '#sql/passkeys.ts'
import type { Tables } from '#sql/tables.ts'
import { findUser, NO_PASSWORD, replacePassword, type User } from '#sql/users.ts'
import { describe } from './describe.ts'
import type { LinkedLogins } from './types.ts'

/** Its id: an account has one at most. */
const PASSWORD = 'password'

const time = (milliseconds: number) => new Date(milliseconds).toISOString()
const maybeTime = (milliseconds: number | null) => (milliseconds === null ? null : time(milliseconds))

const ofPassword = ({ email }: User): LoginMethod => ({
  id: PASSWORD,
  provider: 'password',
  email,
  name: null,
  linked_at: null,
  last_used_at: null,
})

const ofPasskey = ({ id, name, created_at, last_used_at }: Passkey): LoginMethod => ({
  id,
  provider: 'passkey',
  email: null,
  name,
  linked_at: time(created_at),
  last_used_at: maybeTime(last_used_at),
})

export const ofLinkedLogin = ({ id, provider, email, name, linked_at, last_used_at }: LinkedLogin): LoginMethod => ({
  id,
  provider,
  email,
  name,
  linked_at: time(linked_at),
  last_used_at: maybeTime(last_used_at),
})

export function createMethods(
  { accounts, db, secondFactors, social }: FastifyInstance,
  isConfigured: (linked: LinkedLogin) => boolean,
): Pick<LinkedLogins, 'list' | 'onlyOneOf' | 'providersOf' | 'remove' | 'removePasskey'> {
  /** Call it after a removal, with the user's row locked: of two removals at once the second sees the first. */
  async function requireOneLeft(tx: Transaction<Tables>, userId: User['id']): Promise<void> {
    const user = await findUser(tx, userId)
    // No login is possible before the address is verified.
    if (!user?.email_verified) throw errors.lastLoginMethod()
    if (user.password_hash !== NO_PASSWORD) return
    if ((await listPasskeys(tx, userId)).length > 0) return
    const linked = await listLinkedLogins(tx, userId)
    if (!linked.some(isConfigured)) throw errors.lastLoginMethod()
  }

  /** @returns what the notice calls it; undefined if the user has none of this id */
  async function removeMethod(tx: Transaction<Tables>, user: User, id: string): Promise<string | undefined> {
    if (id === PASSWORD) {
      if (user.password_hash === NO_PASSWORD) return undefined
      return (await replacePassword(tx, user, NO_PASSWORD)) ? 'the password' : undefined
    }
    const linked = (await listLinkedLogins(tx, user.id)).find(method => method.id === id)
    return linked && (await deleteLinkedLogin(tx, linked)) ? describe(linked, social) : undefined
  }

  const removePasskey: LinkedLogins['removePasskey'] = (id, caller, client, stepUp) =>
    secondFactors.change(
      caller,
      client,
      'passkey-removed',
      async tx => {
        if (!(await deletePasskey(tx, caller.user_id, id))) throw errors.notFound()
        await requireOneLeft(tx, caller.user_id)
      },
      stepUp,
    )

  async function methodsOf(userId: User['id']) {
    const user = await findUser(db, userId)
    if (!user) throw errors.userNotFound()
    const passkeys = await listPasskeys(db, userId)
    const linked = await listLinkedLogins(db, userId)
    const password = user.password_hash === NO_PASSWORD ? [] : [ofPassword(user)]
    return { own: [...password, ...passkeys.map(ofPasskey)], linked }
  }

  return {
    removePasskey,
    async list(userId) {
      const { own, linked } = await methodsOf(userId)
      return [...own, ...linked.map(ofLinkedLogin)]
    },
    async onlyOneOf(userId) {
      const { own, linked } = await methodsOf(userId)
      const [first, second] = [...own, ...linked.filter(isConfigured)]
      return second ? undefined : first?.id
    },
    async providersOf(userId) {
      const linked = await listLinkedLogins(db, userId)
      return linked.filter(isConfigured).map(({ provider }) => provider)
    },
    async remove(id, caller, client, stepUp) {
      const passkeys = await listPasskeys(db, caller.user_id)
      if (passkeys.some(passkey => passkey.id === id))
        return removePasskey(id, caller, client, stepUp).catch(toLoginMethodNotFound)
      await accounts.change(
        caller.user_id,
        client,
        async (tx, user, effects) => {
          const removed = await removeMethod(tx, user, id)
          if (removed === undefined) throw errors.loginMethodNotFound()
          await requireOneLeft(tx, user.id)
          // A login that this method has begun does not end in a session.
          await deleteMfaChallenges(tx, user.id)
          await effects.endSessions({ except: caller.sid })
          await effects.auditEvent('login-unlinked', caller.sid)
          await effects.mail('login-unlinked', user.email, removed)
        },
        { caller, stepUp },
      )
    },
  }
}

function toLoginMethodNotFound(error: { code?: string }): never {
  throw error.code === errors.notFound.code ? errors.loginMethodNotFound() : error
}
