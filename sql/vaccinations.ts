/** Doses of vaccines that users have registered, and what administrators decided about them. */
import { randomUUIDv7 } from 'node:crypto'
import type { Kysely, Selectable, Transaction } from 'kysely'
import { noteChange } from './connection/changes.ts'
import type { Tables } from './tables.ts'
import { firstIdAt } from './time-ids.ts'
import type { User } from './users.ts'

declare module './tables.ts' {
  interface Tables {
    vaccinations: VaccinationsTable
  }
}

declare module './connection/changes.ts' {
  interface ChangedResources {
    vaccination: { status: VaccinationStatus } | object
  }
}

export type VaccinationStatus = 'pending' | 'approved' | 'rejected' | 'withdrawn'

export interface VaccinationsTable {
  id: string
  user_id: User['id']
  /** The person, as the profile said when the dose was registered. */
  first_name: string
  last_name: string
  national_id: string
  /** A CVX code. */
  vaccine: string
  dose: number
  /** YYYY-MM-DD */
  given_on: string
  centre: string
  lot: string | null
  /** ISO 3166-1 alpha-2 */
  country: string
  status: VaccinationStatus
  reason: string | null
  decided_by: User['id'] | null
  decided_at: number | null
  created_at: number
}

export type VaccinationRow = Selectable<VaccinationsTable>

type NewVaccination = Omit<VaccinationRow, 'id' | 'status' | 'reason' | 'decided_by' | 'decided_at' | 'created_at'>

export async function insertVaccination(tx: Transaction<Tables>, vaccination: NewVaccination): Promise<VaccinationRow> {
  const row: VaccinationRow = {
    ...vaccination,
    id: randomUUIDv7(),
    status: 'pending',
    reason: null,
    decided_by: null,
    decided_at: null,
    created_at: Date.now(),
  }
  await tx.insertInto('vaccinations').values(row).execute()
  noteChange(tx, 'vaccination', 'created', { user_id: row.user_id, id: row.id, status: row.status })
  return row
}

export async function countVaccinations(db: Kysely<Tables>, user_id: User['id']): Promise<number> {
  const { count } = await db
    .selectFrom('vaccinations')
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .where('user_id', '=', user_id)
    .executeTakeFirstOrThrow()
  return Number(count)
}

/** The user's dose of that vaccine on that day, unless an administrator has refused it. */
export function findSameVaccination(
  db: Kysely<Tables>,
  { user_id, vaccine, given_on }: Pick<VaccinationRow, 'user_id' | 'vaccine' | 'given_on'>,
): Promise<Pick<VaccinationRow, 'id'> | undefined> {
  return db
    .selectFrom('vaccinations')
    .select('id')
    .where('user_id', '=', user_id)
    .where('vaccine', '=', vaccine)
    .where('given_on', '=', given_on)
    .where('status', 'in', ['pending', 'approved'])
    .limit(1)
    .executeTakeFirst()
}

export interface VaccinationKey {
  id: string
  /** Without it, anybody's. */
  user_id?: User['id'] | undefined
}

export function findVaccination(
  db: Kysely<Tables>,
  { id, user_id }: VaccinationKey,
): Promise<VaccinationRow | undefined> {
  let query = db.selectFrom('vaccinations').selectAll().where('id', '=', id)
  if (user_id !== undefined) query = query.where('user_id', '=', user_id)
  return query.executeTakeFirst()
}

export interface VaccinationFilter {
  user_id?: User['id'] | undefined
  status?: VaccinationStatus | undefined
  /** Of the registration: ms since 1970, inclusive */
  from?: number | undefined
  /** ms since 1970, exclusive */
  to?: number | undefined
}

/**
 * A page of doses, in the order of their registration, the newest first.
 * @param before the last id of the previous page
 */
export function listVaccinations(
  db: Kysely<Tables>,
  { user_id, status, from, to }: VaccinationFilter,
  limit: number,
  before?: string,
): Promise<VaccinationRow[]> {
  let query = db.selectFrom('vaccinations').selectAll().orderBy('id', 'desc').limit(limit)
  if (user_id !== undefined) query = query.where('user_id', '=', user_id)
  if (status !== undefined) query = query.where('status', '=', status)
  if (from !== undefined) query = query.where('id', '>=', firstIdAt(from))
  if (to !== undefined) query = query.where('id', '<', firstIdAt(to))
  if (before !== undefined) query = query.where('id', '<', before)
  return query.execute()
}

/** In the order in which they were registered. */
export function listApprovedVaccinations(db: Kysely<Tables>, user_id: User['id']): Promise<VaccinationRow[]> {
  return db
    .selectFrom('vaccinations')
    .selectAll()
    .where('user_id', '=', user_id)
    .where('status', '=', 'approved')
    .orderBy('id')
    .execute()
}

type Decision = Pick<VaccinationRow, 'reason'> & {
  status: Exclude<VaccinationStatus, 'pending'>
  decided_by: User['id']
}

/** @returns false if there is no such dose, or its status is not one that the decision can follow: only an approval is withdrawn */
export async function decideVaccination(
  tx: Transaction<Tables>,
  { id, user_id }: Pick<VaccinationRow, 'id' | 'user_id'>,
  decision: Decision,
): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .updateTable('vaccinations')
    .set({ ...decision, decided_at: Date.now() })
    .where('id', '=', id)
    .where('status', '=', decision.status === 'withdrawn' ? 'approved' : 'pending')
    .executeTakeFirst()
  if (numUpdatedRows !== 1n) return false
  noteChange(tx, 'vaccination', 'updated', { user_id, id, changed: ['status'], status: decision.status })
  return true
}

/** @returns false if the user has no such dose */
export async function deleteVaccination(tx: Transaction<Tables>, user_id: User['id'], id: string): Promise<boolean> {
  const { numDeletedRows } = await tx
    .deleteFrom('vaccinations')
    .where('id', '=', id)
    .where('user_id', '=', user_id)
    .executeTakeFirst()
  if (numDeletedRows !== 1n) return false
  noteChange(tx, 'vaccination', 'deleted', { user_id, id })
  return true
}
