/** One-time tokens in mailed links. Only their hashes are stored, so a copy of the database opens no account. */
import { createHash, randomBytes } from 'node:crypto'
import type { Kysely, Selectable, Transaction } from 'kysely'
import type { Tables } from './tables.ts'
import { lockUser } from './users.ts'

declare module './tables.ts' {
  interface Tables {
    one_time_tokens: OneTimeTokensTable
  }
}

export interface OneTimeTokensTable {
  /** SHA-256 of the token in hexadecimal: the token itself is only ever in the mail. */
  token_hash: string
  user_id: number
  purpose: OneTimeTokenPurpose
  /** The mail that carries the token. A mail that was sent twice has two valid tokens. */
  outbox_id: string
  created_at: number
  expires_at: number
}

/** A feature adds its purposes by declaration merging. */
export interface OneTimeTokenPurposes {
  'email-verification': true
  'email-change': true
  'password-reset': true
}

export type OneTimeTokenPurpose = keyof OneTimeTokenPurposes

export interface OneTimeTokenRequest {
  user_id: number
  purpose: OneTimeTokenPurpose
  /** The mail that will carry the token. UUIDv7 grow with time, so they say which of two mails is newer. */
  outbox_id: string
  /** ms since 1970 */
  expires_at: number
}

/** Proves what stays proved, so nothing is lost if older mails work too: people open whichever they find first. */
const REPEATABLE: OneTimeTokenPurpose = 'email-verification'

/**
 * Mints a token of 256 random bits and invalidates those of older mails, except for verifications. A mail that is sent twice,
 * because the SMTP server's acknowledgement was lost, gets two: either copy works. Call it in a transaction.
 * @returns the token, which is stored nowhere, or undefined if a newer mail already has a valid one
 */
export async function mintOneTimeToken(
  tx: Transaction<Tables>,
  request: OneTimeTokenRequest,
): Promise<string | undefined> {
  const { user_id, purpose, outbox_id, expires_at } = request
  await lockUser(tx, user_id)
  if (purpose !== REPEATABLE && !(await replaceOlder(tx, request))) return undefined
  const token = randomBytes(32).toString('base64url')
  await tx
    .insertInto('one_time_tokens')
    .values({ token_hash: hashToken(token), user_id, purpose, outbox_id, created_at: Date.now(), expires_at })
    .execute()
  return token
}

/** Deletes the tokens of older mails. Returns false if a newer mail has a valid one. */
async function replaceOlder(tx: Transaction<Tables>, request: OneTimeTokenRequest): Promise<boolean> {
  const { user_id, purpose, outbox_id } = request
  const newer = await tx
    .selectFrom('one_time_tokens')
    .select('outbox_id')
    .where('user_id', '=', user_id)
    .where('purpose', '=', purpose)
    .where('outbox_id', '>', outbox_id)
    .where('expires_at', '>', Date.now())
    .executeTakeFirst()
  if (newer) return false
  await tx
    .deleteFrom('one_time_tokens')
    .where('user_id', '=', user_id)
    .where('purpose', '=', purpose)
    .where('outbox_id', '!=', outbox_id)
    .execute()
  return true
}

/**
 * Consumes a token, and invalidates every other of the same user and purpose. Of any number of concurrent uses one succeeds.
 * Call it in the transaction that does what the token authorizes.
 * @returns the user's id, or undefined if the token is unknown, used, expired or has another purpose
 */
export async function consumeOneTimeToken(
  tx: Transaction<Tables>,
  token: string,
  purpose: OneTimeTokenPurpose,
): Promise<number | undefined> {
  const hash = hashToken(token)
  const owner = await tx
    .selectFrom('one_time_tokens')
    .select('user_id')
    .where('token_hash', '=', hash)
    .where('purpose', '=', purpose)
    .executeTakeFirst()
  if (!owner) return undefined
  await lockUser(tx, owner.user_id)
  const { numDeletedRows } = await tx
    .deleteFrom('one_time_tokens')
    .where('token_hash', '=', hash)
    .where('purpose', '=', purpose)
    .where('expires_at', '>', Date.now())
    .executeTakeFirstOrThrow()
  if (numDeletedRows !== 1n) return undefined
  await deleteOneTimeTokens(tx, owner.user_id, purpose)
  return owner.user_id
}

/** Looks a valid token up without consuming it. */
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

/** Deletes a user's tokens of one purpose, or of all. */
export async function deleteOneTimeTokens(
  tx: Transaction<Tables>,
  user_id: number,
  purpose?: OneTimeTokenPurpose,
): Promise<void> {
  let query = tx.deleteFrom('one_time_tokens').where('user_id', '=', user_id)
  if (purpose !== undefined) query = query.where('purpose', '=', purpose)
  await query.execute()
}

function hashToken(token: string): string {
  return createHash('sha256').update(token).digest('hex')
}
