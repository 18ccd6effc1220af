// npm run import-users -- users.ndjson: imports the users of another system, with their password hashes. Killed anywhere, it resumes where it was.
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { constants, open, stat } from 'node:fs/promises'
import { pipeline } from 'node:stream/promises'
import { SingleBar } from 'cli-progress'
import type { Kysely } from 'kysely'
import { openDatabase } from '#sql/connection/database.ts'
import { pendingMigrations } from '#sql/connection/migrator.ts'
import { beginImport, type ImportProgress } from '#sql/imports.ts'
import type { Tables } from '#sql/tables.ts'
import { loadE164 } from '../plugins/accounts/phone-numbers/e164.ts'
import { readDatabaseUrl, readSetting } from '../plugins/config/index.ts'
import { readArguments } from './arguments.ts'
import { importLines } from './import/batch.ts'
import { type Line, linesOf } from './import/lines.ts'

/** Lines per transaction. */
const BATCH_SIZE = 500
/** Users between two lines of progress, where no terminal shows a bar. */
const PROGRESS_INTERVAL = 100_000
/** Exit code if some lines were rejected. */
const SOME_REJECTED = 2

async function importFile(db: Kysely<Tables>, path: string, signerKeys: string[]): Promise<ImportProgress> {
  const entry = await stat(path).catch((error: NodeJS.ErrnoException) => {
    throw error.code === 'ENOENT' ? new Error(`${path}: no such file`) : error
  })
  // A pipe can be read only once: a killed import could not resume.
  if (!entry.isFile()) throw new Error(`${path} is not a file`)
  let progress = await beginImport(db, await hashOf(path))
  if (progress.position === entry.size) {
    if (entry.size > 0) console.log('This file was imported before.')
    return progress
  }
  if (progress.position > 0) console.log(`Resuming after line ${progress.line}.`)

  const show = display(entry.size)
  // Opened without truncating it: another run may be writing to it.
  const file = await open(`${path}.rejected`, constants.O_RDWR | constants.O_CREAT, 0o600)
  const context = { db, file, signerKeys, toE164: await loadE164(readSetting('PHONE_REGION') || undefined) }
  try {
    let lines: Line[] = []
    for await (const line of linesOf(path, progress.position)) {
      if (lines.push(line) < BATCH_SIZE) continue
      progress = await importLines(context, lines, progress)
      show.update(progress)
      lines = []
    }
    progress = await importLines(context, lines, progress)
    // Left behind by another file of this name, or by a crash.
    await file.truncate(progress.rejects_size)
    show.update(progress)
  } finally {
    show.stop()
    await file.close()
  }
  return progress
}

async function hashOf(path: string): Promise<string> {
  const hash = createHash('sha256')
  await pipeline(createReadStream(path), hash)
  return hash.digest('hex')
}

/** A progress bar on a terminal, a line now and then elsewhere. */
function display(size: number) {
  if (process.stdout.isTTY) {
    const bar = new SingleBar({
      format: '{bar} {percentage} %, {imported} users, {rejected} rejected, {eta_formatted} left',
    })
    bar.start(size, 0, { imported: 0, rejected: 0 })
    return { update: (to: ImportProgress) => bar.update(to.position, { ...to }), stop: () => bar.stop() }
  }
  let reported = 0
  return {
    update({ imported, rejected }: ImportProgress) {
      if (imported + rejected < reported + PROGRESS_INTERVAL) return
      reported = imported + rejected
      console.log(`${imported} users, ${rejected} rejected`)
    },
    stop() {},
  }
}

async function main(): Promise<void> {
  const [path = ''] = readArguments(
    'Usage: npm run import-users -- users.ndjson',
    args => args.length === 1 && !args[0]?.startsWith('-'),
    'Imports the users of another system, one JSON object per line. Interrupted, it resumes where it was.',
  )
  const signerKeys = readSetting('FIREBASE_SIGNER_KEY').split(',').filter(Boolean)
  const db = await openDatabase(readDatabaseUrl())
  try {
    const pending = await pendingMigrations(db)
    if (pending.length > 0) throw new Error(`The database lacks ${pending.join(', ')}: run \`npm run migrate\` first`)
    const { imported, rejected, dropped } = await importFile(db, path, signerKeys)
    const fields = dropped > 0 ? `, ${dropped} fields left out` : ''
    const where = rejected + dropped > 0 ? `: see ${path}.rejected` : ''
    console.log(`${imported} users imported, ${rejected} lines rejected${fields}${where}.`)
    if (rejected > 0) process.exitCode = SOME_REJECTED
  } finally {
    await db.destroy()
  }
}

main().catch((error: Error) => {
  console.error(error.message)
  process.exitCode = 1
})
