/** What a reader of change events knows after a life of kills: every change that there was, and none that was not. */
import type { Kysely } from 'kysely'
import type { Test } from 'tap'
import type { Tables } from '#sql/tables.ts'

export async function checkEvents(t: Test, db: Kysely<Tables>): Promise<void> {
  const events = await db.selectFrom('change_events').selectAll().orderBy('sequence').execute()
  const of = (type: string) =>
    events
      .filter(event => event.type === type)
      .map(({ user_id, resource_id }) => `${user_id}/${resource_id}`)
      .sort()
  const idOf = ({ user_id, id }: { user_id: number; id: string | null }) => `${user_id}/${id}`

  const users = await db.selectFrom('users').select('id').execute()
  t.same(of('person.created'), users.map(({ id }) => idOf({ user_id: id, id: null })).sort(), 'people')

  const sessions = await db.selectFrom('sessions').select(['user_id', 'id', 'revoked_at']).execute()
  t.same(of('session.created'), sessions.map(idOf).sort(), 'sessions')
  const ended = sessions.filter(({ revoked_at }) => revoked_at !== null)
  t.same(of('session.deleted'), ended.map(idOf).sort(), 'sessions that ended')

  const contacts = await db.selectFrom('contacts').select(['user_id', 'id', 'version']).execute()
  const removed = new Set(of('contact.deleted'))
  const left = of('contact.created').filter(id => !removed.has(id))
  t.same(left, contacts.map(idOf).sort(), 'contacts')
  const edits = contacts.flatMap(contact => Array.from({ length: contact.version - 1 }, () => idOf(contact)))
  const updated = of('contact.updated').filter(id => !removed.has(id))
  t.same(updated, edits.sort(), 'changes of contacts')

  const pictures = await db.selectFrom('users').select('id').where('avatar_url', 'is not', null).execute()
  const shown = new Set(
    events
      .filter(({ type, data }) => type === 'person.updated' && data.includes('avatar_url'))
      .map(({ user_id }) => user_id),
  )
  t.same([...shown].sort(), pictures.map(({ id }) => id).sort(), 'pictures')
}
