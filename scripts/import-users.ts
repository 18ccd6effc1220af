// npm run import-users -- users.ndjson: imports the users of another system, with their password hashes. Killed anywhere, it resumes where it was.
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { constants, type FileHandle, open, stat } from 'node:fs/promises'
import { pipeline } from 'node:stream/promises'
import { SingleBar } from 'cli-progress'
import type { Kysely } from 'kysely'
import { errors } from '#schemas/errors.ts'
import { openDatabase } from '#sql/connection/database.ts'
import { pendingMigrations } from '#sql/connection/migrator.ts'
import { beginImport, type ImportProgress, importBatch, type NewUser } from '#sql/imports.ts'
import type { Tables } from '#sql/tables.ts'
import { readDatabaseUrl } from '../plugins/config/index.ts'
import { readArguments } from './arguments.ts'
import { userOf } from './imported-user.ts'
import { type Line, linesOf } from './lines.ts'

/** Lines per transaction. */
const BATCH_SIZE = 500
/** Users between two lines of progress, where no terminal shows a bar. */
const PROGRESS_INTERVAL = 100_000
/** Exit code if some lines were rejected. */
const SOME_REJECTED = 2

interface Candidate {
  line: number
  user: NewUser
}

interface Reject {
  line: number
  reason: string
}

/** Parses a batch: users to import, and rejected lines. Of two lines with the same e-mail the first wins. */
function parseBatch(lines: Line[], first: number) {
  const candidates = new Map<string, Candidate>()
  const rejects: Reject[] = []
  for (const [index, content] of lines.entries()) {
    const line = first + index
    try {
      const user = userOf(content)
      if (!user) continue
      if (candidates.has(user.email)) throw new Error(TAKEN)
      candidates.set(user.email, { line, user })
    } catch (error) {
      rejects.push({ line, reason: (error as Error).message })
    }
  }
  return { candidates, rejects }
}

const TAKEN = errors.userAlreadyExists.code

/**
 * Imports those of these lines that another run of the same file has not. Rejects are on disk before the database records the batch as done;
 * what a crash leaves of them is truncated.
 */
async function importLines(
  db: Kysely<Tables>,
  file: FileHandle,
  lines: Line[],
  before: ImportProgress,
): Promise<ImportProgress> {
  const left = lines.filter(({ end }) => end > before.position)
  const last = left.at(-1)
  if (!last) return before
  const { candidates, rejects } = parseBatch(left, before.line + 1)
  const after = await importBatch(db, before, [...candidates.keys()], async taken => {
    const users = [...candidates.values()].filter(({ user }) => !taken.has(user.email)).map(({ user }) => user)
    const late = [...candidates.values()].filter(({ user }) => taken.has(user.email))
    const all = [...rejects, ...late.map(({ line }) => ({ line, reason: TAKEN }))].sort((a, b) => a.line - b.line)
    return {
      users,
      after: {
        ...before,
        position: last.end,
        line: before.line + left.length,
        imported: before.imported + users.length,
        rejected: before.rejected + all.length,
        rejects_size: before.rejects_size + (await writeRejects(file, before.rejects_size, all)),
      },
    }
  })
  return after ?? importLines(db, file, left, await beginImport(db, before.file_hash))
}

/** @returns their size (bytes) */
async function writeRejects(file: FileHandle, position: number, rejects: Reject[]): Promise<number> {
  if (rejects.length === 0) return 0
  const text = Buffer.from(rejects.map(reject => `${JSON.stringify(reject)}\n`).join(''))
  if ((await file.stat()).size < position)
    throw new Error('The file of rejected lines is shorter than before: restore it')
  await file.truncate(position)
  await file.write(text, 0, text.length, position)
  await file.datasync()
  return text.length
}

async function importFile(db: Kysely<Tables>, path: string): Promise<ImportProgress> {
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
  try {
    let lines: Line[] = []
    for await (const line of linesOf(path, progress.position)) {
      if (lines.push(line) < BATCH_SIZE) continue
      progress = await importLines(db, file, lines, progress)
      show.update(progress)
      lines = []
    }
    progress = await importLines(db, file, lines, progress)
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
  const db = await openDatabase(readDatabaseUrl())
  try {
    const pending = await pendingMigrations(db)
    if (pending.length > 0) throw new Error(`The database lacks ${pending.join(', ')}: run \`npm run migrate\` first`)
    const { imported, rejected } = await importFile(db, path)
    console.log(
      `${imported} users imported, ${rejected} lines rejected${rejected > 0 ? `: see ${path}.rejected` : ''}.`,
    )
    if (rejected > 0) process.exitCode = SOME_REJECTED
  } finally {
    await db.destroy()
  }
}

main().catch((error: Error) => {
  console.error(error.message)
  process.exitCode = 1
})
