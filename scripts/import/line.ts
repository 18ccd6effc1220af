/** Parses a line of an import as a JSON object. */
import { LINE_MAX_LENGTH, type Line } from './lines.ts'

/** Rejects invalid UTF-8: replacement characters would damage names for good. Drops a byte order mark. */
const utf8 = new TextDecoder('utf-8', { fatal: true })

/**
 * @returns undefined for an empty line
 * @throws with the reason of the rejection
 */
export function objectOf({ bytes }: Line): Record<string, unknown> | undefined {
  if (!bytes) throw new Error(`the line is longer than ${LINE_MAX_LENGTH} bytes`)
  const text = decode(bytes)
  if (text.trim() === '') return undefined
  const value = parse(text)
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Error('the line must be object')
  return { ...value }
}

function decode(bytes: Buffer): string {
  try {
    return utf8.decode(bytes)
  } catch {
    throw new Error('the line must be UTF-8')
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new Error('the line must be JSON')
  }
}
