// app.earlierHolder: removes what somebody else may have left in an account before its owner came (pre-hijacking). Features that add a way into
// accounts add how it is removed.
import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import type { Transaction } from 'kysely'
import { invalidateEmailTokens } from '#sql/email-tokens.ts'
import { deleteMfaChallenges } from '#sql/mfa-challenges.ts'
import type { Tables } from '#sql/tables.ts'
import type { User } from '#sql/users.ts'
import type { Effects } from './changes.ts'

declare module 'fastify' {
  interface FastifyInstance {
    earlierHolder: {
      /** Call it in a plugin: `app.earlierHolder.add(removeLinkedLogins)`. */
      add(remove: RemoveAccess): void
      /**
       * Ends every access to the account other than its password, in the transaction that replaces that: sessions, logins that are half done, mailed
       * links, pending changes, and what was added. A mail lists what was removed.
       * @param replaced what else the caller removes in the same transaction
       * @see https://arxiv.org/abs/2205.10174 Sudhodanan and Paverd, "Pre-hijacked accounts"
       */
      evict(tx: Transaction<Tables>, user: User, effects: Effects, replaced?: string[]): Promise<void>
      /** The same without a mail. @returns what was removed, as the mail names it */
      evictSilently(tx: Transaction<Tables>, user: User, effects: Effects, replaced?: string[]): Promise<string[]>
    }
  }
}

declare module '#sql/audit-events.ts' {
  interface AuditEventKinds {
    'earlier-access-removed': true
  }
}

/** @returns what was removed, as the mail names it; empty if there was nothing */
type RemoveAccess = (tx: Transaction<Tables>, userId: User['id']) => Promise<string[]>

export default fp(
  async app => {
    const removals: RemoveAccess[] = []
    const earlierHolder: FastifyInstance['earlierHolder'] = {
      add: remove => void removals.push(remove),
      async evict(tx, user, effects, replaced) {
        const removed = await earlierHolder.evictSilently(tx, user, effects, replaced)
        if (removed.length > 0) await effects.mail('earlier-access-removed', user.email, removed.join(', '))
      },
      async evictSilently(tx, user, effects, replaced = []) {
        await invalidateEmailTokens(tx, user.id)
        await deleteMfaChallenges(tx, user.id)
        await effects.endSessions()
        const removed = [...replaced]
        for (const remove of removals) removed.push(...(await remove(tx, user.id)))
        if (removed.length > 0) await effects.auditEvent('earlier-access-removed')
        return removed
      },
    }
    app.decorate('earlierHolder', earlierHolder)
  },
  { name: 'earlier-holder' },
)
