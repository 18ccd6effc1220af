/** Codes and tokens of applications, each read together with its grant, session and user, which decide whether it is valid. */
import { type Kysely, sql } from 'kysely'
import { databaseNow } from './connection/clock.ts'
import { compiledOnce } from './connection/compiled.ts'
import { revokedAt, SESSION_WITH_USER } from './sessions.ts'
import type { Tables } from './tables.ts'
import type { User } from './users.ts'

const USER = [
  'users.email',
  'users.email_verified',
  'users.first_name',
  'users.last_name',
  'users.avatar_url',
  'users.locale',
  'users.updated_at',
] as const

const select = compiledOnce((db, id: string) => {
  const now = databaseNow(db)
  return db
    .selectFrom('oauth_records')
    .innerJoin('sessions', 'sessions.id', 'oauth_records.grant_id')
    .innerJoin('oauth_records as grants', join =>
      join
        .onRef('grants.grant_id', '=', 'oauth_records.grant_id')
        .on('grants.model', '=', sql.lit('Grant'))
        .on('grants.expires_at', '>', now),
    )
    .innerJoin('users', 'users.id', 'sessions.user_id')
    .select(['oauth_records.payload', 'oauth_records.consumed_at', 'grants.payload as grant_payload'])
    .select(sql<number | null>`${now} - oauth_records.consumed_at`.as('consumed_for'))
    .select([...SESSION_WITH_USER, ...USER, revokedAt.as('revoked_at'), now.as('now')])
    .where('oauth_records.id', '=', id)
    .where('oauth_records.expires_at', '>', now)
})

/**
 * A record that has not expired and belongs to a grant, with the grant, its session and the session's user; `consumed_for` is how long ago it was
 * consumed (ms). Undefined if one of these is gone.
 */
export async function findToken(db: Kysely<Tables>, id: string) {
  const [token] = await select(db, id)
  return token
}

export type Token = NonNullable<Awaited<ReturnType<typeof findToken>>>

/** The columns of its user. */
export type UserOfToken = Pick<
  User,
  'email' | 'email_verified' | 'first_name' | 'last_name' | 'avatar_url' | 'locale' | 'updated_at'
>
