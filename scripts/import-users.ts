// npm run import-users -- users.ndjson: takes over the users of another system, with the hashes of their passwords. Killed anywhere, it goes on where it was.
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { type FileHandle, open, stat } from 'node:fs/promises'
import { pipeline } from 'node:stream/promises'
import { SingleBar } from 'cli-progress'
import type { Kysely } from 'kysely'
import { readDatabaseUrl } from '../plugins/config/index.ts'
import { isVerifiable } from '../plugins/passwords/foreign.ts'
import { normaliseEmail } from '../schemas/email.ts'
import { ImportedUser } from '../schemas/profiles.ts'
import { openDatabase } from '../sql/database.ts'
import { findImport, type ImportProgress, importUsers, type NewUser, takenEmails } from '../sql/imports.ts'
import { pendingMigrations } from '../sql/migrator.ts'
import type { Tables } from '../sql/tables.ts'
import { type Line, linesOf } from './lines.ts'
import { validator } from './validator.ts'

/** Lines a transaction. */
const BATCH = 500
/** A line is no longer than a request's body may be (bytes). */
const LINE_MAX_LENGTH = 65_536
/** Where no terminal shows a bar, a line tells of every so many users. */
const TOLD_EVERY = 100_000
/** Exit code where some lines were rejected. */
const SOME_REJECTED = 2

interface Candidate {
  line: number
  user: NewUser
}

interface Reject {
  line: number
  reason: string
}

const check = validator(ImportedUser)

/** @throws with the reason why it is rejected */
function userOf({ text }: Line): NewUser {
  if (text === undefined) throw new Error(`the line is longer than ${LINE_MAX_LENGTH} bytes`)
  const {
    email,
    disabled = false,
    email_verified = false,
    created,
    access_role = 'basic',
    ...rest
  } = check(parse(text))
  if (!isVerifiable(rest.password_hash)) throw new Error('password_hash must be argon2, bcrypt or scrypt')
  const created_at = created === undefined ? Date.now() : Date.parse(created)
  if (Number.isNaN(created_at)) throw new Error('created must be a date')
  return {
    ...rest,
    email: normaliseEmail(email),
    access_role,
    disabled: disabled ? 1 : 0,
    email_verified: email_verified ? 1 : 0,
    created_at,
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new Error('the line must be JSON')
  }
}

/** Sorts out a batch: who comes in, and what is rejected. The first of two lines with one address wins. */
async function sortOut(db: Kysely<Tables>, lines: Line[], first: number) {
  const candidates: Candidate[] = []
  const rejects: Reject[] = []
  const seen = new Set<string>()
  for (const [index, content] of lines.entries()) {
    const line = first + index
    if (content.text?.trim() === '') continue
    try {
      const user = userOf(content)
      if (seen.has(user.email)) throw new Error('user-already-exists')
      seen.add(user.email)
      candidates.push({ line, user })
    } catch (error) {
      rejects.push({ line, reason: (error as Error).message })
    }
  }
  const taken = await takenEmails(db, [...seen])
  const late = candidates.filter(({ user }) => taken.has(user.email))
  rejects.push(...late.map(({ line }) => ({ line, reason: 'user-already-exists' })))
  const users = candidates.filter(({ user }) => !taken.has(user.email)).map(({ user }) => user)
  return { users, rejects: rejects.sort((a, b) => a.line - b.line) }
}

/** Brings a batch in. The rejects are on the disk before the database says that the batch is done; what a crash leaves of them is cut off. */
async function bringIn(
  db: Kysely<Tables>,
  file: FileHandle,
  lines: Line[],
  before: ImportProgress,
): Promise<ImportProgress> {
  const { users, rejects } = await sortOut(db, lines, before.line + 1)
  const text = rejects.map(reject => `${JSON.stringify(reject)}\n`).join('')
  if (text) {
    await file.truncate(before.rejects_size)
    await file.write(text, before.rejects_size)
    await file.datasync()
  }
  const after = {
    ...before,
    position: lines.at(-1)?.end ?? before.position,
    line: before.line + lines.length,
    imported: before.imported + users.length,
    rejected: before.rejected + rejects.length,
    rejects_size: before.rejects_size + Buffer.byteLength(text),
  }
  return (await importUsers(db, users, after)) ? after : bringIn(db, file, lines, before)
}

async function importFile(db: Kysely<Tables>, path: string): Promise<ImportProgress> {
  const { size } = await stat(path)
  const file_hash = await hashOf(path)
  const fresh = { file_hash, position: 0, line: 0, imported: 0, rejected: 0, rejects_size: 0 }
  let progress = (await findImport(db, file_hash)) ?? fresh
  if (progress.position === size && size > 0) console.log('This file was imported before.')
  else if (progress.position > 0) console.log(`Going on after line ${progress.line}.`)

  const show = display(size)
  // What a crash left of another run is cut off; nothing is there yet where nothing was rejected.
  const file = await open(`${path}.rejected`, progress.rejects_size > 0 ? 'r+' : 'w', 0o600)
  try {
    let lines: Line[] = []
    for await (const line of linesOf(path, progress.position, LINE_MAX_LENGTH)) {
      if (lines.push(line) < BATCH) continue
      progress = await bringIn(db, file, lines, progress)
      show.update(progress)
      lines = []
    }
    if (lines.length > 0) progress = await bringIn(db, file, lines, progress)
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

/** A bar on a terminal, a line now and then elsewhere. */
function display(size: number) {
  if (process.stdout.isTTY) {
    const bar = new SingleBar({
      format: '{bar} {percentage} %, {imported} users, {rejected} rejected, {eta_formatted} left',
    })
    bar.start(size, 0, { imported: 0, rejected: 0 })
    return { update: (to: ImportProgress) => bar.update(to.position, { ...to }), stop: () => bar.stop() }
  }
  let told = 0
  return {
    update({ imported, rejected }: ImportProgress) {
      if (imported + rejected < told + TOLD_EVERY) return
      told = imported + rejected
      console.log(`${imported} users, ${rejected} rejected`)
    },
    stop() {},
  }
}

async function main(): Promise<void> {
  const [path, ...others] = process.argv.slice(2)
  if (path === undefined || others.length > 0) throw new Error('Usage: npm run import-users -- users.ndjson')
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
