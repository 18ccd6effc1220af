/** The lines of a file, one at a time, however long the file is. */
import { createReadStream } from 'node:fs'

/** As long as a request body may be (bytes). */
export const LINE_MAX_LENGTH = 65_536

export interface Line {
  /** Undefined if the line is longer than `LINE_MAX_LENGTH`. */
  bytes: Buffer | undefined
  /** Where the next line begins (bytes). */
  end: number
}

const NEWLINE = 0x0a

/**
 * Reads lines from a position on. Longer lines are not kept in memory.
 * @param start offset (bytes)
 */
export async function* linesOf(file: string, start: number): AsyncGenerator<Line> {
  let kept: Buffer[] = []
  let length = 0
  let position = start

  function add(part: Buffer): void {
    length += part.length
    if (length <= LINE_MAX_LENGTH) kept.push(part)
  }

  function take(end: number): Line {
    const bytes = length > LINE_MAX_LENGTH ? undefined : Buffer.concat(kept)
    kept = []
    length = 0
    return { bytes, end }
  }

  for await (const chunk of createReadStream(file, { start, highWaterMark: 1 << 18 }) as AsyncIterable<Buffer>) {
    let from = 0
    for (let at = chunk.indexOf(NEWLINE); at !== -1; at = chunk.indexOf(NEWLINE, from)) {
      add(chunk.subarray(from, at))
      from = at + 1
      yield take(position + from)
    }
    add(chunk.subarray(from))
    position += chunk.length
  }
  if (length > 0) yield take(position)
}
