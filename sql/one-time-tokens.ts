/** One-time tokens: what a mail's link proves. Only their hashes are stored, so a copy of the database opens no account. */
import { createHash, randomBytes } from 'node:crypto'
import type { Kysely, Selectable, Transaction } from 'kysely'
import type { OneTimeTokenPurpose, OneTimeTokensTable, Tables } from './tables.ts'

export interface OneTimeTokenRequest {
  user_id: string
  purpose: OneTimeTokenPurpose
  /** The mail that will carry the token. Ids grow with time (UUIDv7): they tell which of two mails is the newer. */
  outbox_id: string
  /** ms since 1970 */
  expires_at: number
}

/**
 * Mints a token of 256 random bits and voids those of older mails. A mail that is sent twice, because the server's
 * acknowledgement was lost, gets two: whichever copy its reader opens works. Call it in a transaction.
 * @returns the token, which exists nowhere else, or undefined when a newer mail has a live one already
 */
export async function mintOneTimeToken(
  db: Transaction<Tables>,
  request: OneTimeTokenRequest,
): Promise<string | undefined> {
  const { user_id, purpose, outbox_id, expires_at } = request
  await lockUser(db, user_id)
  const now = Date.now()
  const newer = await db
    .selectFrom('one_time_tokens')
    .select('outbox_id')
    .where('user_id', '=', user_id)
    .where('purpose', '=', purpose)
    .where('outbox_id', '>', outbox_id)
    .where('expires_at', '>', now)
    .executeTakeFirst()
  if (newer) return undefined
  await db
    .deleteFrom('one_time_tokens')
    .where('user_id', '=', user_id)
    .where('purpose', '=', purpose)
    .where('outbox_id', '!=', outbox_id)
    .execute()
  const token = randomBytes(32).toString('base64url')
  await db
    .insertInto('one_time_tokens')
    .values({ token_hash: hashToken(token), user_id, purpose, outbox_id, created_at: now, expires_at })
    .execute()
  return token
}

/**
 * Uses a token up, and with it every other of the same user and purpose. Of any number of simultaneous uses one succeeds.
 * Call it in the transaction that does what the token proves.
 * @returns whose token it was, or undefined when it is unknown, used, expired or made for another purpose
 */
export async function consumeOneTimeToken(
  db: Transaction<Tables>,
  token: string,
  purpose: OneTimeTokenPurpose,
): Promise<string | undefined> {
  const hash = hashToken(token)
  const owner = await db
    .selectFrom('one_time_tokens')
    .select('user_id')
    .where('token_hash', '=', hash)
    .where('purpose', '=', purpose)
    .executeTakeFirst()
  if (!owner) return undefined
  await lockUser(db, owner.user_id)
  const { numDeletedRows } = await db
    .deleteFrom('one_time_tokens')
    .where('token_hash', '=', hash)
    .where('purpose', '=', purpose)
    .where('expires_at', '>', Date.now())
    .executeTakeFirstOrThrow()
  if (numDeletedRows !== 1n) return undefined
  await db.deleteFrom('one_time_tokens').where('user_id', '=', owner.user_id).where('purpose', '=', purpose).execute()
  return owner.user_id
}

/** What a token that lives is for. Nothing is used up. */
export async function findOneTimeToken(
  db: Kysely<Tables>,
  token: string,
): Promise<Pick<Selectable<OneTimeTokensTable>, 'user_id' | 'purpose' | 'outbox_id'> | undefined> {
  return db
    .selectFrom('one_time_tokens')
    .select(['user_id', 'purpose', 'outbox_id'])
    .where('token_hash', '=', hashToken(token))
    .where('expires_at', '>', Date.now())
    .executeTakeFirst()
}

function hashToken(token: string): string {
  return createHash('sha256').update(token).digest('hex')
}

/**
 * Work on one user's tokens goes one by one: neither two mails on their way nor two uses can overtake each other, and
 * all take their locks in the same order, so that none deadlock. (An UPDATE, since SQLite knows no SELECT … FOR UPDATE.)
 */
export async function lockUser(db: Transaction<Tables>, userId: string): Promise<void> {
  await db
    .updateTable('users')
    .set(eb => ({ updated_at: eb.ref('updated_at') }))
    .where('id', '=', userId)
    .execute()
}
