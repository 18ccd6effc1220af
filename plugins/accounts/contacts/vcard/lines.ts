/** The lines of a vCard file, as it arrives: unfolded and decoded, without pictures and sounds. */
import { isUtf8 } from 'node:buffer'

export interface Line {
  /** Of the file. */
  number: number
  text: string
}

interface UnfinishedLine {
  number: number
  bytes: string
  /** Once the name and the parameters are there, which may be folded themselves. */
  encoding: Encoding | undefined
  /** The line break is part of the encoding. */
  isSoft: boolean
}

/** Binary is never kept: not even while it is read. */
type Encoding = 'binary' | 'quoted-printable' | 'none'

const BINARY = /^(?:[\w-]+\.)?(?:PHOTO|LOGO|SOUND|KEY)(?:;|$)/i
const QUOTED_PRINTABLE = /;(?:ENCODING=)?QUOTED-PRINTABLE\b/i
const CHARSET = /;CHARSET="?([\w-]+)/i
/** A longer line is cut: no value that is kept comes near (bytes). */
const LINE_MAX = 16_384

/** Characters are bytes until a line is complete: folding may divide a character. */
export function createLineReader() {
  const decode = byteOrder()
  const lines: Line[] = []
  let number = 0
  let rest = ''
  let begun: UnfinishedLine | undefined

  function physical(bytes: string): void {
    number++
    if (bytes === '' && !begun?.isSoft) return
    if (begun && continues(begun, bytes)) return append(begun, begun.isSoft ? bytes : bytes.slice(1))
    finish()
    begun = { number, bytes: '', encoding: undefined, isSoft: false }
    append(begun, bytes.slice(0, LINE_MAX))
  }

  function finish(): void {
    if (begun) lines.push({ number: begun.number, text: textOf(begun) })
    begun = undefined
  }

  /** @returns the lines that are complete by now */
  return {
    push(chunk: Buffer): Line[] {
      rest += decode(chunk)
      // The line end may be a pair whose second half is still to come.
      const parts = rest.split(/\r\n|\n|\r(?!$)/)
      rest = (parts.pop() ?? '').slice(0, LINE_MAX)
      for (const part of parts) physical(part)
      return lines.splice(0)
    },
    end(): Line[] {
      physical(rest.replace(/\r$/, ''))
      finish()
      return lines.splice(0)
    },
  }
}

/** @returns undefined before the colon, which ends the name and the parameters */
function encodingOf(bytes: string): Encoding | undefined {
  const colon = bytes.indexOf(':')
  if (colon < 0) return undefined
  const header = bytes.slice(0, colon)
  if (BINARY.test(header)) return 'binary'
  return QUOTED_PRINTABLE.test(header) ? 'quoted-printable' : 'none'
}

/** Base64 of old exporters is not indented. It has no colon, which every property has. */
function continues({ encoding, isSoft }: UnfinishedLine, bytes: string): boolean {
  return isSoft || /^[ \t]/.test(bytes) || (encoding === 'binary' && !bytes.includes(':'))
}

/** There may be a line for every two bytes of a file: what came before is not looked at again for each. */
function append(line: UnfinishedLine, bytes: string): void {
  if (line.encoding === 'binary') return
  if (bytes.includes(':')) line.encoding ??= encodingOf(line.bytes + bytes)
  line.isSoft = line.encoding === 'quoted-printable' && bytes.endsWith('=')
  if (line.bytes.length < LINE_MAX) line.bytes += line.isSoft ? bytes.slice(0, -1) : bytes
}

/** Bytes as characters; what is UTF-16 by its first two bytes becomes UTF-8. */
function byteOrder(): (chunk: Buffer) => string {
  let utf16: TextDecoder | undefined
  let start: Buffer | undefined = Buffer.alloc(0)
  return chunk => {
    if (utf16) return Buffer.from(utf16.decode(chunk, { stream: true })).toString('latin1')
    if (!start) return chunk.toString('latin1')
    start = Buffer.concat([start, chunk])
    if (start.length < 3) return ''
    const first = start
    start = undefined
    const mark = first.readUInt16BE(0)
    if (mark === 0xfffe || mark === 0xfeff) {
      utf16 = new TextDecoder(mark === 0xfffe ? 'utf-16le' : 'utf-16be')
      return Buffer.from(utf16.decode(first, { stream: true })).toString('latin1')
    }
    return first.subarray(first.readUIntBE(0, 3) === 0xefbbbf ? 3 : 0).toString('latin1')
  }
}

/** The copy also keeps the chunk that the line came in from staying in memory. */
function textOf({ bytes, encoding }: UnfinishedLine): string {
  const valueAt = bytes.indexOf(':') + 1
  const header = bytes.slice(0, valueAt)
  if (encoding === 'binary') return header
  const value = bytes.slice(valueAt)
  const line = header + (encoding === 'quoted-printable' ? unquote(value) : value)
  return decoded(Buffer.from(line, 'latin1'), CHARSET.exec(header)?.[1])
}

const unquote = (value: string) =>
  value.replace(/=([\dA-F]{2})/gi, (_all, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))

/** What is not UTF-8 is what Windows writes in western Europe, unless the line names its character set. */
function decoded(bytes: Buffer, charset: string | undefined): string {
  if (isUtf8(bytes) && !/^utf-?16/i.test(charset ?? '')) return bytes.toString()
  try {
    return new TextDecoder(charset ?? 'windows-1252').decode(bytes)
  } catch {
    return new TextDecoder('windows-1252').decode(bytes)
  }
}
