import { randomBytes } from 'node:crypto'
import { type FileHandle, mkdir, open, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { errors } from '#schemas/errors.ts'

/** Seconds. */
const RETRY_AFTER = 5

/** A file that was uploaded. */
export interface Upload {
  /** Bytes. */
  readonly size: number
  /** Its content, piece by piece. @throws unavailable if the client is gone, and the file with it */
  pieces(): AsyncIterable<Buffer>
}

export interface Bounds {
  /** Where temporary files are. */
  folder: string
  maxBytes: number
  /** The error of a larger file. */
  tooLarge: () => Error
  /** When the file may go. */
  until: AbortSignal
}

const PIECE_BYTES = 65_536

/**
 * Writes what arrives to a temporary file: uploads wait there, not in memory. The file has no name, so that it is gone with this process, whatever ends it.
 * @throws `tooLarge`; what `source` throws
 */
export async function spool(
  source: AsyncIterable<Buffer>,
  { folder, maxBytes, tooLarge, until }: Bounds,
): Promise<Upload> {
  const file = await temporaryFile(folder).catch(unavailable)
  const close = () => void file.close().catch(() => {})
  try {
    let size = 0
    for await (const chunk of source) {
      size += chunk.length
      if (size > maxBytes) throw tooLarge()
      await file.write(chunk).catch(unavailable)
    }
    until.throwIfAborted()
    until.addEventListener('abort', close)
    return {
      size,
      pieces() {
        if (until.aborted) throw errors.unavailable({ retryAfter: RETRY_AFTER })
        return piecesOf(file, size)
      },
    }
  } catch (error) {
    close()
    throw error
  }
}

async function temporaryFile(folder: string): Promise<FileHandle> {
  await mkdir(folder, { recursive: true })
  const path = join(folder, `.upload-${randomBytes(12).toString('hex')}`)
  const file = await open(path, 'wx+', 0o600)
  await unlink(path)
  return file
}

/** Full, or read-only. */
function unavailable(cause: unknown): never {
  throw errors.unavailable({ retryAfter: RETRY_AFTER, cause })
}

async function* piecesOf(file: FileHandle, size: number): AsyncGenerator<Buffer> {
  for (let position = 0; position < size; ) {
    const piece = Buffer.allocUnsafe(Math.min(PIECE_BYTES, size - position))
    const { bytesRead } = await file.read(piece, 0, piece.length, position)
    if (bytesRead === 0) throw new Error('an upload is shorter than it was')
    position += bytesRead
    yield piece.subarray(0, bytesRead)
  }
}
