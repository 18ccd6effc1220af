// app.contacts: the address book of each user, for the API and the pages. A change names the version that it is meant for, so that none is lost.
import { randomUUIDv7 } from 'node:crypto'
import type { Readable } from 'node:stream'
import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import type {
  Birthdays,
  BirthdaysQuery,
  CardVersion,
  Contact,
  ContactFields,
  ContactRequest,
  Contacts,
  ContactsQuery,
  ImportedContacts,
} from '#schemas/contacts.ts'
import { errors } from '#schemas/errors.ts'
import { countContacts, deleteContact, findContact, insertContacts } from '#sql/contacts.ts'
import type { Upload } from '../../http/uploads/spool.ts'
import { changeContact, EMPTY, newRow, requireContent } from './changes.ts'
import { exporter } from './export.ts'
import { asOwner, lockOwner } from './owner.ts'
import { contactPages, serialize } from './pages.ts'

declare module 'fastify' {
  interface FastifyInstance {
    contacts: {
      /** @throws requestInvalid for an unknown cursor */
      list(userId: number, query: ContactsQuery): Promise<Contacts>
      /** @throws requestInvalid for an unknown cursor or time zone */
      birthdays(userId: number, query: BirthdaysQuery): Promise<Birthdays>
      /** @throws contactEmpty, tooManyContacts, userNotFound */
      create(userId: number, fields: ContactRequest): Promise<Contact>
      /** @throws notFound */
      read(userId: number, id: string): Promise<Contact>
      /**
       * Changes the given fields, and keeps the others.
       * @param versions one of which the contact must have; any if it is undefined
       * @throws notFound, preconditionFailed, contactEmpty
       */
      change(userId: number, id: string, fields: ContactRequest, versions?: number[]): Promise<Contact>
      /** Clears the fields that are not given. @throws as `change` */
      replace(userId: number, id: string, fields: ContactRequest, versions?: number[]): Promise<Contact>
      /** @throws notFound, preconditionFailed */
      delete(userId: number, id: string, versions?: number[]): Promise<void>
      /** Adds the contacts of a file of vCards. @throws vcardInvalid, also without a file; unavailable, userNotFound */
      import(userId: number, file: Upload | undefined): Promise<ImportedContacts>
      /** All contacts as vCards of this version, read from the database as they are sent. */
      export(userId: number, version: CardVersion): Readable
      /** Hooks that count a request against CONTACTS_RATE_LIMIT_MAX. @throws tooManyRequests */
      limits: Record<'search' | 'create' | 'export', (request: FastifyRequest) => Promise<void>>
    }
  }
}

export default fp(
  async app => {
    app.decorate('contacts', contacts(app))
    app.personalData.add('contacts', async userId => Array.fromAsync(exporter(app).all(userId), serialize))
  },
  { name: 'contacts', dependencies: ['config', 'db', 'pagination', 'personal-data', 'rate-limits'] },
)

function contacts(app: FastifyInstance): FastifyInstance['contacts'] {
  const { config, db, limits } = app
  let importing: Promise<FastifyInstance['contacts']['import']> | undefined
  const replaced = (fields: ContactRequest): ContactFields => ({ ...EMPTY, ...fields })

  async function read(userId: number, id: string) {
    const row = await findContact(db, userId, id)
    if (!row) throw errors.notFound()
    return row
  }

  /** Loaded by the first import. */
  function loadImport() {
    importing ??= import('./import.ts').then(({ importer }) => importer(app))
    return importing
  }

  return {
    ...contactPages(app),

    async create(userId, fields) {
      const id = randomUUIDv7()
      const row = newRow({ id, user_id: userId, uid: id }, requireContent(replaced(fields)))
      await asOwner(db, userId, async tx => {
        await lockOwner(tx, userId)
        if ((await countContacts(tx, userId)) >= config.CONTACTS_MAX) throw errors.tooManyContacts()
        await insertContacts(tx, [row])
      })
      return serialize(row)
    },

    read: async (userId, id) => serialize(await read(userId, id)),

    async change(userId, id, fields, versions) {
      for (;;) {
        const row = await read(userId, id)
        if (versions && !versions.includes(row.version)) throw errors.preconditionFailed()
        const changed = await asOwner(db, userId, tx => changeContact(tx, row, fields))
        // Another change was quicker: it comes before this one.
        if (changed) return serialize(changed)
      }
    },

    replace(userId, id, fields, versions) {
      return this.change(userId, id, replaced(fields), versions)
    },

    async delete(userId, id, versions) {
      const remove = () => asOwner(db, userId, tx => deleteContact(tx, userId, id, versions))
      if (versions?.length !== 0 && (await remove())) return
      await read(userId, id)
      throw errors.preconditionFailed()
    },

    import: async (userId, file) => (await loadImport())(userId, file),
    export: exporter(app).cards,
    limits: {
      search: limits.perUser('CONTACTS_RATE_LIMIT_MAX', 'contacts.search'),
      create: limits.perUser('CONTACTS_RATE_LIMIT_MAX', 'contacts.create'),
      export: limits.perUser('CONTACTS_RATE_LIMIT_MAX', 'contacts.export'),
    },
  }
}
