import { randomUUIDv7 } from 'node:crypto'
import type { Transaction } from 'kysely'
import { type CardProblem, CONTACT_FIELDS } from '#schemas/contacts.ts'
import { type ContactRow, countContacts, findContact, insertContacts, listContactsByUid } from '#sql/contacts.ts'
import type { Tables } from '#sql/tables.ts'
import { changeContact, EMPTY, fieldsOf, newRow } from './changes.ts'
import { lockOwner } from './owner.ts'
import type { ReadCard } from './vcard/read.ts'

interface Stored {
  created: number
  updated: number
  unchanged: number
  rejected: CardProblem[]
}

/**
 * Adds the cards, or updates the contacts that have their UIDs: what a card does not say is kept. One without a UID is recognized by its content, so it
 * has nothing new to say of a contact that may have been changed since.
 * @throws userNotFound
 */
export async function storeCards(
  tx: Transaction<Tables>,
  userId: number,
  cards: ReadCard[],
  max: number,
): Promise<Stored> {
  const stored: Stored = { created: 0, updated: 0, unchanged: 0, rejected: [] }
  if (cards.length === 0) return stored
  await lockOwner(tx, userId)
  const uids = [...new Set(cards.map(({ uid }) => uid))]
  const known = new Map((await listContactsByUid(tx, userId, uids)).map(row => [row.uid, row]))
  const added = new Map<string, ContactRow>()
  let room = max - (await countContacts(tx, userId))

  for (const card of cards) {
    const { uid, line, fields } = card
    const row = added.get(uid) ?? known.get(uid)
    if (row && (card.derived || isSaid(row, card))) {
      stored.unchanged++
      continue
    }
    const changed = row && (added.has(uid) ? newRow(row, { ...fieldsOf(row), ...fields }) : await update(tx, row, card))
    if (changed) {
      stored.updated++
      ;(added.has(uid) ? added : known).set(uid, changed)
      continue
    }
    // Deleted meanwhile: as if that had been before the import.
    if (known.delete(uid)) room++
    if (added.size >= room) stored.rejected.push({ line, problem: 'limit-reached' })
    else added.set(uid, newRow({ id: randomUUIDv7(), user_id: userId, uid }, { ...EMPTY, ...fields }))
  }
  if (added.size > 0) await insertContacts(tx, [...added.values()])
  stored.created = added.size
  return stored
}

const isSaid = (row: ContactRow, { fields }: ReadCard) =>
  CONTACT_FIELDS.every(name => fields[name] === undefined || fields[name] === row[name])

/**
 * A change by its owner does not wait for the lock, and may come between.
 * @returns undefined if the contact is deleted by now
 */
async function update(tx: Transaction<Tables>, row: ContactRow, card: ReadCard): Promise<ContactRow | undefined> {
  for (let current: ContactRow | undefined = row; current; current = await findContact(tx, row.user_id, row.id)) {
    const changed = await changeContact(tx, current, card.fields)
    if (changed) return changed
  }
  return undefined
}
