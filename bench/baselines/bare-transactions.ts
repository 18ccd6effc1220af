/** Lower bound of writes: the statements of a rotation, or hash and transaction of a sign-up, on the same driver with the same durability; no HTTP, no tokens. */
import { randomUUIDv7 } from 'node:crypto'
import { hash } from '@node-rs/argon2'
import type { Kysely } from 'kysely'
import { addAuditEvent } from '../../sql/audit-events.ts'
import { transaction } from '../../sql/connection/transaction.ts'
import { addMail } from '../../sql/outbox.ts'
import { advanceGeneration, findSession, insertSession } from '../../sql/sessions.ts'
import type { Tables } from '../../sql/tables.ts'
import { insertUser } from '../../sql/users.ts'
import { inTurns, openMigrated } from '../harness/database.ts'
import { answerParent } from '../harness/messages.ts'
import type { Run } from '../harness/rounds.ts'

export interface Transactions {
  kind: 'rotation' | 'signup'
  database: string
  amount: number
  concurrency: number
  argon2: { memoryKib: number; iterations: number; parallelism: number }
}

const DEVICE = { user_agent: null, ip: '127.0.0.1' }
const DAY = 86_400_000

let opened: Promise<Kysely<Tables>> | undefined

answerParent(async (work: Transactions): Promise<Run> => {
  opened ??= openMigrated(work.database)
  const db = await opened
  const one = () => (work.kind === 'rotation' ? rotator(db) : Promise.resolve(signer(db, work)))
  const workers = await Promise.all(Array.from({ length: work.concurrency }, one))
  return inTurns(workers, work.amount)
})

const newEmail = () => `${randomUUIDv7()}@bench.example`

/** One session, which it rotates again and again. */
async function rotator(db: Kysely<Tables>): Promise<() => Promise<void>> {
  const { id } = await transaction(db, async tx => {
    const user_id = await insertUser(tx, { email: newEmail(), password_hash: 'x', access_role: 'basic' })
    return insertSession(tx, { user_id, lifetime: DAY, ...DEVICE })
  })
  return async () => {
    const session = await findSession(db, id)
    if (!session || !(await advanceGeneration(db, session))) throw new Error('not rotated')
  }
}

function signer(db: Kysely<Tables>, { argon2 }: Transactions): () => Promise<void> {
  const parameters = { memoryCost: argon2.memoryKib, timeCost: argon2.iterations, parallelism: argon2.parallelism }
  return async () => {
    const email = newEmail()
    const password_hash = await hash('Bench-0f-Holocron', parameters)
    await transaction(db, async tx => {
      const user_id = await insertUser(tx, { email, password_hash, access_role: 'basic' })
      await addMail(tx, { template: 'email-verification', user_id, recipient: email })
      await addAuditEvent(tx, { kind: 'signed-up', user_id, session_id: null, ...DEVICE })
    })
  }
}
