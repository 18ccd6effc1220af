import { readFileSync } from 'node:fs'

/** What a text file is encoded in, by its byte order mark; UTF-8 without one. */
function encodingOf(bytes: Buffer): string {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return 'utf-16le'
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return 'utf-16be'
  return 'utf-8'
}

/**
 * Decodes a text file as editors write them: UTF-8 or UTF-16, with or without a byte order mark. Bytes that are no text must not read as an absent value.
 * @throws TypeError if the bytes are not valid in the encoding, or contain NUL as UTF-16 without a byte order mark does
 */
export function decodeText(bytes: Buffer): string {
  const text = new TextDecoder(encodingOf(bytes), { fatal: true }).decode(bytes)
  if (text.includes('\0')) throw new TypeError('contains NUL characters: save it as UTF-8')
  return text
}

/** @throws the file system's error, or TypeError if the file is no text */
export function readTextFile(path: string): string {
  return decodeText(readFileSync(path))
}
