import { isDeepStrictEqual } from 'node:util'
import type { FastifyInstance } from 'fastify'
import type { Transaction } from 'kysely'
import { LRUCache } from 'lru-cache'
import { errors } from '#schemas/errors.ts'
import { type AuditEventKind, addAuditEvent, NOBODY } from '#sql/audit-events.ts'
import { readClock } from '#sql/connection/clock.ts'
import { transaction } from '#sql/connection/transaction.ts'
import {
  deleteOAuthClient,
  endClientSession,
  endSessionsOfClient,
  findOAuthClient,
  insertOAuthClient,
  listOAuthClients,
  lockOAuthClient,
  type OAuthClientRow,
  openClientSession,
  updateOAuthClient,
} from '#sql/oauth-clients.ts'
import { addLogoutsOfClient } from '#sql/oauth-logouts.ts'
import type { Tables } from '#sql/tables.ts'
import { type Client, originOf } from '../../http/client.ts'
import { complete, fromRow, logoutTargetOf, merge, serialize, toColumns } from './metadata.ts'
import { assertValid } from './rules.ts'
import { hashOf, needsSecret, newSecret, verifySecret } from './secrets.ts'
import type { Administrator, OAuthClientRegistry, RegisteredClient } from './types.ts'

/** Other ids never reach MySQL, which rejects characters outside the column's collation. */
const ID = /^[0-9a-f-]{36}$/

/** Size of the cache of parsed clients, each valid while its row is unchanged. */
const PARSED_MAX = 1000

const NO_PREVIOUS_SECRET = { previous_secret_hash: null, previous_secret_expires_at: null }

export function clientRegistry({
  access,
  accounts,
  config,
  db,
  discovery,
  pagination,
}: FastifyInstance): OAuthClientRegistry {
  const overlapMs = config.OAUTH_SECRET_OVERLAP_SECONDS * 1000
  const development = config.NODE_ENV !== 'production'
  const parsed = new LRUCache<string, { row: OAuthClientRow; client: RegisteredClient }>({ max: PARSED_MAX })

  type Work<Result> = (
    tx: Transaction<Tables>,
    client: OAuthClientRow,
    revoke: (sessionIds: string[]) => void,
  ) => Promise<Result>

  /** Changes a locked client, in one transaction with the check of the administrator's session and the audit event. */
  function change<Result>(id: string, kind: AuditEventKind, by: Administrator, work: Work<Result>): Promise<Result> {
    const { client: origin, user: caller, stepUp } = by
    return accounts.change(
      caller.user_id,
      origin,
      async (tx, _administrator, effects) => {
        const row = await lockOAuthClient(tx, id)
        if (!row) throw errors.notFound()
        const result = await work(tx, row, effects.revokeEnded)
        await record(tx, kind, row, origin)
        return result
      },
      { caller, stepUp },
    )
  }

  /** Complete when all routes are loaded. */
  const scopes = () => (discovery.metadata.scopes_supported ?? []) as string[]

  async function find(id: string): Promise<RegisteredClient | undefined> {
    const row = ID.test(id) ? await findOAuthClient(db, id) : undefined
    if (!row) return undefined
    const known = parsed.get(id)
    if (known && isDeepStrictEqual(row, known.row)) return known.client
    const client = fromRow(row)
    parsed.set(id, { row, client })
    return client
  }

  async function get(id: string): Promise<RegisteredClient> {
    const client = await find(id)
    if (!client) throw errors.notFound()
    return client
  }

  return {
    async create(given, by, id) {
      const metadata = complete(given)
      assertValid(metadata, { development, scopes: new Set(scopes()), ownScopes: access.ownScopes })
      const client_secret = needsSecret(metadata) ? newSecret() : undefined
      const secret_hash = client_secret === undefined ? null : hashOf(client_secret)
      async function insert(tx: Transaction<Tables>) {
        const row = await insertOAuthClient(tx, { ...toColumns(metadata), secret_hash }, id)
        await record(tx, 'application-registered', row, by.client)
        return fromRow(row)
      }
      const client =
        'user' in by
          ? await accounts.change(by.user.user_id, by.client, insert, { caller: by.user, stepUp: by.stepUp })
          : await transaction(db, insert)
      return { client, ...(client_secret !== undefined && { client_secret }) }
    },
    find,
    read: async id => serialize(await get(id)),
    async list(query) {
      const { limit, after } = pagination.readByTime(query)
      const rows = await listOAuthClients(db, limit + 1, after && { created_at: after.time, client_id: after.id })
      const page = pagination.cut(rows, limit, ({ created_at, client_id }) => `${created_at} ${client_id}`)
      return { ...page, results: page.results.map(row => serialize(fromRow(row))) }
    },
    update: (id, changes, by, { expected } = {}) =>
      change(id, 'application-changed', by, async (tx, client, revoke) => {
        if ((expected ?? client.updated_at) !== client.updated_at) throw errors.changedMeanwhile()
        const { metadata: before } = fromRow(client)
        const metadata = merge(before, changes)
        // A scope whose routes are gone may stay, so that the other members can still be changed.
        const known = new Set([...scopes(), ...(before.scope?.split(' ') ?? [])])
        assertValid(metadata, { development, scopes: known, ownScopes: access.ownScopes })
        const updated = await updateOAuthClient(tx, client, {
          ...toColumns(metadata),
          ...(!needsSecret(metadata) && { secret_hash: null, ...NO_PREVIOUS_SECRET }),
          ...(narrowsTokens(before, metadata) && { session_id: await replaceSession(tx, client, revoke) }),
        })
        return fromRow(updated)
      }),
    remove: (id, by) =>
      change(id, 'application-removed', by, async (tx, client, revoke) => {
        revoke(await endSessionsOfClient(tx, client, originOf(by.client)))
        const target = logoutTargetOf(fromRow(client))
        if (target) await addLogoutsOfClient(tx, id, target)
        await deleteOAuthClient(tx, id)
      }),
    async rotateSecret(id, by, { revoke: revokes = false, expected } = {}) {
      // The second of two concurrent rotations is rejected: it would invalidate the secret that is in use.
      const before = await get(id)
      const client_secret = newSecret()
      const client = await change(id, 'application-secret-rotated', by, async (tx, client, revoke) => {
        if (!needsSecret(fromRow(client).metadata)) throw errors.clientWithoutSecret()
        const isRotated = client.secret_hash !== before.secret_hash
        if (isRotated || (expected ?? client.updated_at) !== client.updated_at) throw errors.changedMeanwhile()
        const { secret_hash: previous_secret_hash } = client
        const keeps = !revokes && overlapMs > 0 && previous_secret_hash !== null
        const until = keeps
          ? { previous_secret_hash, previous_secret_expires_at: (await readClock(tx)) + overlapMs }
          : {}
        return updateOAuthClient(tx, client, {
          secret_hash: hashOf(client_secret),
          ...NO_PREVIOUS_SECRET,
          ...until,
          ...(revokes && { session_id: await replaceSession(tx, client, revoke) }),
        })
      })
      return { client: fromRow(client), client_secret }
    },
    scopes,
    verifySecret,
    serialize,
  }
}

/** Revokes the tokens of client_credentials. @returns the session of later ones */
async function replaceSession(
  tx: Transaction<Tables>,
  { session_id }: OAuthClientRow,
  revoke: (sessionIds: string[]) => void,
): Promise<string> {
  await endClientSession(tx, session_id)
  revoke([session_id])
  return openClientSession(tx)
}

/** The event belongs to no user, so it outlives the administrator's account. */
function record(
  tx: Transaction<Tables>,
  kind: AuditEventKind,
  { client_id }: Pick<RegisteredClient, 'client_id'>,
  client: Client,
): Promise<void> {
  return addAuditEvent(tx, { kind, user_id: NOBODY, session_id: null, client_id, ...originOf(client) })
}

/** Whether issued tokens of client_credentials permit what new ones would not. */
function narrowsTokens(before: RegisteredClient['metadata'], after: RegisteredClient['metadata']): boolean {
  if (!before.grant_types.includes('client_credentials')) return false
  const scopes = new Set(after.scope?.split(' '))
  return (
    !after.grant_types.includes('client_credentials') ||
    (before.scope?.split(' ') ?? []).some(scope => !scopes.has(scope))
  )
}
