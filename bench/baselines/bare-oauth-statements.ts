/** The statements of the token endpoint and of introspection, on the same driver with the same durability: no HTTP, no tokens, nothing decrypted. */

import { createHash, randomUUID } from 'node:crypto'
import type { Kysely } from 'kysely'
import { transaction } from '../../sql/connection/transaction.ts'
import { findOAuthClient, insertOAuthClient } from '../../sql/oauth-clients.ts'
import { consumeRecord, insertRecord } from '../../sql/oauth-records.ts'
import { findToken } from '../../sql/oauth-tokens.ts'
import { insertSession } from '../../sql/sessions.ts'
import type { Tables } from '../../sql/tables.ts'
import { insertUser } from '../../sql/users.ts'
import { inTurns, openMigrated } from '../harness/database.ts'
import { answerParent } from '../harness/messages.ts'

export interface OAuthStatements {
  kind: 'client-credentials' | 'refresh' | 'code' | 'introspection'
  database: string
  /** Of requests. */
  amount: number
  concurrency: number
  /** Makes what the next run of so many requests needs, instead of running. */
  prepare: boolean
}

/** As long as what the service keeps, encrypted (characters). */
const TOKEN_LENGTH = 700
const GRANT_LENGTH = 400
const CLIENT_LENGTH = 600
const DAY = 86_400_000

let opened: ReturnType<typeof open> | undefined

answerParent(async (work: OAuthStatements) => {
  opened ??= open(work.database)
  const { codes, request, newCode } = await opened
  if (work.prepare) {
    if (work.kind === 'code') while (codes.length < work.amount) codes.push(await newCode())
    return {}
  }
  const one = () => request(work.kind)
  return inTurns(
    Array.from({ length: work.concurrency }, () => one),
    work.amount,
  )
})

async function open(database: string) {
  const db = await openMigrated(database)
  const { client_id, user_id } = await newClient(db)
  const token = await newToken(db, { client_id, user_id })
  const codes: string[] = []

  return {
    codes,
    newCode: () => newToken(db, { client_id, user_id }),
    async request(kind: OAuthStatements['kind']): Promise<void> {
      await findOAuthClient(db, client_id)
      if (kind === 'client-credentials') return
      const id = kind === 'code' ? codes.pop() : token
      const found = id && (await findToken(db, id))
      if (!found) throw new Error('not found')
      if (kind !== 'code') return
      if (!(await consumeRecord(db, id))) throw new Error('not consumed')
      await insertRecord(db, record('RefreshToken', found.id, TOKEN_LENGTH), DAY)
    },
  }
}

async function newClient(db: Kysely<Tables>) {
  const metadata = JSON.stringify({ filler: 'x'.repeat(CLIENT_LENGTH) })
  const { client_id } = await transaction(db, tx => insertOAuthClient(tx, { name: 'x', metadata, secret_hash: null }))
  const email = `${client_id}@bench.example`
  return { client_id, user_id: await addUser(db, email) }
}

const addUser = (db: Kysely<Tables>, email: string) =>
  transaction(db, tx => insertUser(tx, { email, password_hash: 'x', access_role: 'basic' }))

/** With a grant and a session of its own. @returns the id of its record */
async function newToken(db: Kysely<Tables>, owner: { client_id: string; user_id: number }): Promise<string> {
  const { id } = await transaction(db, tx =>
    insertSession(tx, { ...owner, lifetime: DAY, user_agent: null, ip: '127.0.0.1' }),
  )
  await insertRecord(db, record('Grant', id, GRANT_LENGTH), DAY)
  const token = record('AuthorizationCode', id, TOKEN_LENGTH)
  await insertRecord(db, token, DAY)
  return token.id
}

function record(model: string, grant_id: string, length: number) {
  const id = createHash('sha256').update(randomUUID()).digest('hex')
  return { id, model, grant_id, lookup: null, payload: 'x'.repeat(length) }
}
