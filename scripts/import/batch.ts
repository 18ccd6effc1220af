/** Imports a batch of lines: its users and the progress are written together. */
import type { FileHandle } from 'node:fs/promises'
import type { Kysely } from 'kysely'
import { errors } from '#schemas/errors.ts'
import { type ForeignHashKind, recordForeignHash } from '#sql/foreign-hashes.ts'
import { beginImport, type ImportProgress, importBatch } from '#sql/imports.ts'
import type { Tables } from '#sql/tables.ts'
import type { ToE164 } from '../../plugins/accounts/phone-numbers/e164.ts'
import type { Line } from './lines.ts'
import { type Note, writeNotes } from './notes.ts'
import { type ImportedUser, userOf } from './user.ts'

interface Context {
  db: Kysely<Tables>
  /** The file of rejected lines. */
  file: FileHandle
  /** Firebase's, in base64. */
  signerKeys: string[]
  toE164: ToE164
}

interface Candidate extends ImportedUser {
  line: number
}

const TAKEN = errors.userAlreadyExists.code

/**
 * Imports those of these lines that another run of the same file has not. Notes are on disk before the database records the batch as done;
 * what a crash leaves of them is truncated.
 */
export async function importLines(context: Context, lines: Line[], before: ImportProgress): Promise<ImportProgress> {
  const { db, file } = context
  const left = lines.filter(({ end }) => end > before.position)
  const last = left.at(-1)
  if (!last) return before
  const { candidates, rejects } = parseBatch(left, before.line + 1, context)
  // Before the users: a kind too many does no harm.
  for (const kind of costliest(candidates)) await recordForeignHash(db, kind)
  const all = candidates.map(({ user }) => user)
  const after = await importBatch(db, before, all, async taken => {
    const isLate = ({ user }: Candidate) => taken.emails.has(user.email)
    const late = candidates.filter(isLate).map(({ line }) => ({ line, reason: TAKEN }))
    const free = withFreeIds(
      candidates.filter(candidate => !isLate(candidate)),
      taken.ids,
    )
    const dropped = free.flatMap(droppedOf)
    const notes = [...rejects, ...late, ...dropped].sort((a, b) => a.line - b.line)
    return {
      users: free.map(({ user }) => user),
      after: {
        ...before,
        position: last.end,
        line: before.line + left.length,
        imported: before.imported + free.length,
        rejected: before.rejected + rejects.length + late.length,
        dropped: before.dropped + dropped.length,
        rejects_size: before.rejects_size + (await writeNotes(file, before.rejects_size, notes)),
      },
    }
  })
  return after ?? importLines(context, left, await beginImport(db, before.file_hash))
}

/** Users to import, and rejected lines. Of two lines with the same e-mail the first wins. */
function parseBatch(lines: Line[], first: number, { signerKeys, toE164 }: Context) {
  const candidates = new Map<string, Candidate>()
  const rejects: Note[] = []
  for (const [index, content] of lines.entries()) {
    const line = first + index
    try {
      const imported = userOf(content, signerKeys, toE164)
      if (!imported) continue
      if (candidates.has(imported.user.email)) throw new Error(TAKEN)
      candidates.set(imported.user.email, { line, ...imported })
    } catch (error) {
      rejects.push({ line, reason: (error as Error).message })
    }
  }
  return { candidates: [...candidates.values()], rejects }
}

/** Of two users with the same id the first keeps it; the other gets a new one. */
function withFreeIds(candidates: Candidate[], taken: Set<number>): Candidate[] {
  const given = new Set(taken)
  return candidates.map(candidate => {
    const { id, ...user } = candidate.user
    if (id === undefined) return candidate
    if (!given.has(id)) {
      given.add(id)
      return candidate
    }
    return { ...candidate, user, dropped: [...candidate.dropped, { field: 'id', reason: 'id is taken' }] }
  })
}

function droppedOf({ line, dropped }: Candidate): Note[] {
  return dropped.map(({ field, reason }) => ({ line, dropped: field, reason }))
}

/** One per algorithm. */
function costliest(candidates: Candidate[]): ForeignHashKind[] {
  const kinds = new Map<string, ForeignHashKind>()
  for (const { kind } of candidates)
    if (kind && kind.work > (kinds.get(kind.algorithm)?.work ?? 0)) kinds.set(kind.algorithm, kind)
  return [...kinds.values()]
}
