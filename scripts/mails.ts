// npm run mails [-- --retry all|ID]: lists the mails that were given up, or has them sent again.
import type { Kysely } from 'kysely'
import { openDatabase } from '#sql/connection/database.ts'
import { countParkedMails, listParkedMails, retryParkedMails } from '#sql/parked-mails.ts'
import type { Tables } from '#sql/tables.ts'
import { readDatabaseUrl } from '../plugins/config/index.ts'
import { readArguments } from './arguments.ts'

const DETAILS = `Lists parked mails: those that could not be sent for a day, and those whose recipient does not exist. --retry has one, or all of them,
sent by the running processes. Mails that have become obsolete meanwhile are dropped.`

/** Of mails listed, and of mails in one statement. */
const BATCH_SIZE = 500

async function list(db: Kysely<Tables>): Promise<string> {
  const mails = await listParkedMails(db, BATCH_SIZE)
  const lines = mails.map(mail => [mail.id, mail.template, mail.recipient, inOneLine(mail.last_error)].join('  '))
  const rest = (await countParkedMails(db)) - mails.length
  if (rest > 0) lines.push(`… and ${rest} more`)
  return lines.length > 0 ? lines.join('\n') : 'No mails are parked.'
}

/** A server may have written it, and must not draw on the terminal. */
function inOneLine(error: string | null): string {
  return (error ?? '').replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ')
}

/** Those that fail and are parked again meanwhile are not retried a second time: there are no more rounds than it takes for those parked now. */
async function retryAll(db: Kysely<Tables>): Promise<string> {
  const rounds = Math.ceil((await countParkedMails(db)) / BATCH_SIZE)
  let retried = 0
  for (let round = 0; round < rounds; round++) {
    const mails = await listParkedMails(db, BATCH_SIZE)
    retried += await retryParkedMails(
      db,
      mails.map(mail => mail.id),
    )
  }
  return `Mails to be retried: ${retried}`
}

async function retryOne(db: Kysely<Tables>, id: string): Promise<string> {
  if ((await retryParkedMails(db, [id])) === 0) throw new Error(`There is no parked mail ${id}`)
  return 'Mails to be retried: 1'
}

function areValid([option, id, ...others]: string[]): boolean {
  if (others.length > 0) return false
  return option === undefined || (option === '--retry' && Boolean(id))
}

async function main(): Promise<string> {
  const [option, id = ''] = readArguments('Usage: npm run mails [-- --retry all|ID]', areValid, DETAILS)
  const db = await openDatabase(readDatabaseUrl())
  const work = option === undefined ? list(db) : id === 'all' ? retryAll(db) : retryOne(db, id)
  return work.finally(() => db.destroy())
}

main().then(console.log, (error: Error) => {
  console.error(error.message)
  process.exitCode = 1
})
