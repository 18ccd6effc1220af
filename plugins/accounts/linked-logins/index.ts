// app.linkedLogins: identities at providers that open accounts, and with them all ways into an account.
import fp from 'fastify-plugin'
import type { Kysely } from 'kysely'
import { errors } from '#schemas/errors.ts'
import { deleteLinkedLogins, findLinkedLogin, listLinkedLogins } from '#sql/linked-logins.ts'
import type { Tables } from '#sql/tables.ts'
import type { User } from '#sql/users.ts'
import type { ProviderIdentity } from '../../auth/social/types.ts'
import type { ByProvider } from './by-provider.ts'
import { createMethods, ofLinkedLogin } from './methods.ts'
import type { LinkedLogins } from './types.ts'

declare module 'fastify' {
  interface FastifyInstance {
    linkedLogins: LinkedLogins
  }
}

declare module '#sql/audit-events.ts' {
  interface AuditEventKinds {
    'login-linked': true
    'login-unlinked': true
  }
}

async function requireLinked(db: Kysely<Tables>, userId: User['id'], identity: ProviderIdentity): Promise<void> {
  const link = await findLinkedLogin(db, identity)
  if (link?.user_id !== userId) throw errors.loginMethodNotFound()
}

async function notFound(): Promise<never> {
  throw errors.providerNotFound()
}

const NONE: ByProvider = { logIn: notFound, link: notFound, signUp: notFound }

export default fp(
  async app => {
    const { providers } = app.social
    const enabled = providers.length > 0
    app.decorate('linkedLogins', {
      enabled,
      ...(enabled ? (await import('./by-provider.ts')).createByProvider(app) : NONE),
      confirms: (userId, identity, useUp) => async tx => {
        await useUp(tx)
        await requireLinked(tx, userId, identity)
      },
      requireLinked: (userId, identity) => requireLinked(app.db, userId, identity),
      ...createMethods(app, ({ provider, issuer }) =>
        providers.some(each => each.key === provider && each.issuer === issuer),
      ),
    })
    // Whatever is configured now: identities may have been linked before.
    app.earlierHolder.add(async (tx, userId) =>
      (await deleteLinkedLogins(tx, userId)) > 0 ? ['linked providers'] : [],
    )
    app.personalData.add('linked_logins', async userId => {
      const linked = await listLinkedLogins(app.db, userId)
      return linked.map(row => ({ ...ofLinkedLogin(row), issuer: row.issuer, subject: row.subject }))
    })
  },
  {
    name: 'linked-logins',
    dependencies: [
      'changes',
      'config',
      'db',
      'earlier-holder',
      'keys',
      'login',
      'mailer',
      'personal-data',
      'second-factors',
      'social',
    ],
  },
)
