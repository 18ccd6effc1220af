/** The file of rejected lines, next to the imported file. */
import type { FileHandle } from 'node:fs/promises'

/** A rejected line; or, with `dropped`, a field that was left out of an imported one. */
export interface Note {
  line: number
  dropped?: string
  reason: string
}

/**
 * They are on disk when this returns.
 * @param position the end of the notes of earlier lines (bytes)
 * @returns their size (bytes)
 */
export async function writeNotes(file: FileHandle, position: number, notes: Note[]): Promise<number> {
  if (notes.length === 0) return 0
  const text = Buffer.from(notes.map(note => `${JSON.stringify(note)}\n`).join(''))
  if ((await file.stat()).size < position)
    throw new Error('The file of rejected lines is shorter than before: restore it')
  await file.truncate(position)
  await file.write(text, 0, text.length, position)
  await file.datasync()
  return text.length
}
