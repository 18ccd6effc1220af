/** Contacts: lists and searches with ten thousand and a million contacts, a hundred of each user [--sizes 10000,1000000] [--real] [--rounds 5] [--tries 80] */

import { parseArgs } from 'node:util'
import { SingleBar } from 'cli-progress'
import type { Kysely } from 'kysely'
import { columnsOf } from '../../plugins/accounts/contacts/columns.ts'
import { openDatabase } from '../../sql/connection/database.ts'
import { transaction } from '../../sql/connection/transaction.ts'
import { type ContactRow, insertContacts } from '../../sql/contacts.ts'
import type { Tables } from '../../sql/tables.ts'
import { call } from '../harness/client.ts'
import { fill, sessionId, userId } from '../harness/fill.ts'
import { compareSizes, type Operation, type Sized } from '../harness/growth.ts'
import { wholeNumber } from '../harness/options.ts'
import { pinThisProcess } from '../harness/processes.ts'
import { embedded, real } from '../harness/profiles.ts'
import { writeResults } from '../harness/results.ts'
import { startService } from '../harness/service.ts'
import { teardown } from '../harness/teardown.ts'
import { serviceSigner } from '../harness/tokens.ts'

const CONTACTS_OF_A_USER = 100
/** Rows per INSERT. */
const BATCH_SIZE = 500
const UNREACHABLE = '1000000000'

interface Subject extends Sized {
  service: { url: string }
  /** An access token of another user each time, in no order. */
  nextToken(): string
}

const read = (path: string): Operation<Subject> => ({
  async time({ service, nextToken }) {
    const { status, body, milliseconds } = await call(service, 'GET', `/contacts/v1/${path}`, { token: nextToken() })
    if (status !== 200 || !body.includes('"id"')) throw new Error(`unexpected response: ${status} ${body}`)
    return milliseconds
  },
})

const operations: Record<string, Operation<Subject>> = {
  list: read(''),
  'list by time': read('?sort=-created'),
  'search by name': read('?q=trooper%2042'),
  'search by number': read('?q=0042'),
  birthdays: read('birthdays?days=30'),
}

export async function run(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      sizes: { type: 'string', default: '10000,1000000' },
      rounds: { type: 'string', default: '5' },
      tries: { type: 'string', default: '80' },
      real: { type: 'boolean', default: false },
    },
  })
  const rounds = wholeNumber('--rounds', values.rounds, 50)
  const tries = wholeNumber('--tries', values.tries, 10_000)
  pinThisProcess()
  const subjects: Subject[] = []
  for (const size of values.sizes.split(',').map(Number)) subjects.push(await prepare(size, values.real))
  const results = await compareSizes(subjects, operations, { rounds, tries, unit: 'contacts' })
  writeResults('contacts', { settings: { rounds, tries }, results })
}

async function prepare(size: number, onReal: boolean): Promise<Subject> {
  const profile = onReal ? await real(`_contacts_${size}`) : embedded()
  Object.assign(profile.env, { PUBLIC_URL: 'http://holocron.test', CONTACTS_RATE_LIMIT_MAX: UNREACHABLE })
  const service = await startService({ profile })
  const db = await openDatabase(service.env.DATABASE_URL ?? '')
  const users = size / CONTACTS_OF_A_USER
  await fill(db, users)
  await fillContacts(db, size)
  await db.destroy()
  const signer = await serviceSigner(profile.env)
  teardown(() => service.stop())
  let count = 0
  return {
    size,
    service,
    nextToken() {
      const index = (count++ * 618_033) % users
      return signer.access({ sid: sessionId(index), user_id: userId(index) })
    },
  }
}

/** One of each user after the other, as they come in. */
async function fillContacts(db: Kysely<Tables>, size: number): Promise<void> {
  const bar = new SingleBar({ format: '{bar} {value} of {total} contacts, {eta} s left' })
  bar.start(size, 0)
  for (let first = 0; first < size; first += BATCH_SIZE) {
    const rows = Array.from({ length: BATCH_SIZE }, (_, i) => contactOf(first + i, size / CONTACTS_OF_A_USER))
    await transaction(db, tx => insertContacts(tx, rows))
    bar.update(first + rows.length)
  }
  bar.stop()
}

function contactOf(index: number, users: number): ContactRow {
  const n = Math.floor(index / users)
  const fields = {
    first_name: `Number ${n}`,
    last_name: `Trooper ${n}`,
    email: `trooper${index}@empire.example`,
    phone_number: `+47 ${String(n).padStart(4, '0')}`,
    // Some of each user's are near, whatever the day.
    birthday: `--${String((n % 12) + 1).padStart(2, '0')}-${String((n % 28) + 1).padStart(2, '0')}`,
    address: 'Barracks 7\nDeath Star',
    notes: null,
  }
  const id = `01900000-0000-7500-8000-${index.toString(16).padStart(12, '0')}`
  const at = Date.now()
  const ids = { id, user_id: userId(index % users), uid: id, version: 1 }
  return { ...ids, ...fields, ...columnsOf(fields), created_at: at, updated_at: at }
}
