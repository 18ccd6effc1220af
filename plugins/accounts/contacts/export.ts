import { Readable } from 'node:stream'
import type { FastifyInstance } from 'fastify'
import type { CardVersion } from '#schemas/contacts.ts'
import { type ContactRow, listContacts } from '#sql/contacts.ts'

/** Contacts that are in memory at a time. */
const PAGE_SIZE = 100

export function exporter({ db }: Pick<FastifyInstance, 'db'>) {
  async function* pages(userId: number): AsyncGenerator<ContactRow[]> {
    let after: ContactRow | undefined
    do {
      const rows = await listContacts(db, userId, { sort: 'created' }, PAGE_SIZE, after)
      yield rows
      after = rows.length === PAGE_SIZE ? rows.at(-1) : undefined
    } while (after)
  }

  async function* texts(userId: number, version: CardVersion): AsyncGenerator<string> {
    const { cardWriter } = await import('./vcard/write.ts')
    const write = await cardWriter(version)
    for await (const rows of pages(userId)) if (rows.length > 0) yield rows.map(write).join('')
  }

  return {
    /** Oldest first. */
    async *all(userId: number): AsyncGenerator<ContactRow> {
      for await (const rows of pages(userId)) yield* rows
    },
    cards: (userId: number, version: CardVersion) => Readable.from(texts(userId, version)),
  }
}
