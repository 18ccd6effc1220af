/** What a transaction has changed, noted beside the statements that change it: `transaction` writes all of it as events, in one statement before the commit. */
import type { Kysely, Transaction } from 'kysely'
import type { Tables } from '../tables.ts'

/**
 * What changes, with what its events say besides the ids. Each file adds its own by declaration merging:
 * `declare module './connection/changes.ts' { interface ChangedResources { note: {} } }`. No secrets, and nothing personal: receivers fetch the rest.
 */
// biome-ignore lint/suspicious/noEmptyInterface: declaration merging fills it
export interface ChangedResources {}

export type ChangedResource = keyof ChangedResources
export type ChangeAction = 'created' | 'updated' | 'deleted'
export type ChangeType = `${ChangedResource}.${ChangeAction}`

/** Names of the fields that an update changed, as the API has them. */
interface Changed {
  changed?: string[]
}

interface Ids {
  user_id: number
  /** The resource's; none for the user. */
  id?: string
}

export interface Change extends Ids {
  type: ChangeType
  actor_id: number | null
  data: Changed & Record<string, unknown>
}

interface Noted {
  changes: Change[]
  /** By what they are about: an update is part of the creation or update before it. */
  latest: Map<string, Change>
  actor_id: number | null
}

const noted = new WeakMap<Transaction<Tables>, Noted>()
const listeners = new WeakMap<Kysely<Tables>, Set<() => void>>()

function notesOf(tx: Transaction<Tables>): Noted {
  const notes = noted.get(tx) ?? { changes: [], latest: new Map(), actor_id: null }
  noted.set(tx, notes)
  return notes
}

/** Call it where the row is changed, and only if it was. */
export function noteChange<Resource extends ChangedResource>(
  tx: Transaction<Tables>,
  resource: Resource,
  action: ChangeAction,
  { user_id, id, ...data }: Ids & Changed & ChangedResources[Resource],
): void {
  const { changes, latest } = notesOf(tx)
  const change = {
    type: `${resource}.${action}`,
    user_id,
    ...(id !== undefined && { id }),
    actor_id: null,
    data,
  } as Change
  const about = [resource, user_id, id].join()
  const earlier = latest.get(about)
  if (action === 'updated' && earlier && earlier.type !== `${resource}.deleted`) return addTo(earlier, change)
  changes.push(change)
  latest.set(about, change)
}

function addTo(earlier: Change, { type, data: { changed = [], ...others } }: Change): void {
  Object.assign(earlier.data, others)
  if (earlier.type === type) earlier.data.changed = [...new Set([...(earlier.data.changed ?? []), ...changed])]
}

/** Whose changes they are: the user who is logged in, if anybody is. */
export function noteActor(tx: Transaction<Tables>, actor_id: number | null): void {
  notesOf(tx).actor_id = actor_id
}

export function changesOf(tx: Transaction<Tables>): Change[] {
  const { changes, actor_id } = noted.get(tx) ?? { changes: [], actor_id: null }
  return changes.map(change => ({ ...change, actor_id }))
}

/** Calls `listener` after each transaction that has written events. @returns ends that */
export function onChanges(db: Kysely<Tables>, listener: () => void): () => void {
  const all = listeners.get(db) ?? new Set()
  listeners.set(db, all.add(listener))
  return () => void all.delete(listener)
}

export function announceChanges(db: Kysely<Tables>): void {
  for (const listener of listeners.get(db) ?? []) listener()
}
