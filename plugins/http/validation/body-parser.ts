import { isUtf8 } from 'node:buffer'
import { errors } from '#schemas/errors.ts'

/**
 * Parses a JSON body. Rejects what JSON parsers disagree about, so that no two components read a body differently: invalid UTF-8, duplicate names
 * in an object, and names that reach the prototype of an object. An empty body counts as none.
 * @see https://www.rfc-editor.org/rfc/rfc8259#section-4
 */
export function jsonParser(
  _request: unknown,
  body: Buffer,
  done: (error: Error | null, value?: unknown) => void,
): void {
  if (body.length === 0) return done(null, undefined)
  try {
    if (!isUtf8(body)) throw new SyntaxError('not UTF-8')
    const text = body.toString()
    const value: unknown = JSON.parse(text)
    if (namesIn(value) !== namesWrittenIn(text)) throw new SyntaxError('ambiguous names')
    done(null, value)
  } catch {
    done(
      errors.requestInvalid({ details: { in: 'body', problem: 'must be JSON, without duplicate or reserved names' } }),
    )
  }
}

const RESERVED = new Set(['__proto__', 'constructor', 'prototype'])

/** Counts the names in all objects. Iterates instead of recursing: the input may be nested deeper than the call stack allows. */
function namesIn(value: unknown): number {
  let count = 0
  const rest = [value]
  while (rest.length > 0) {
    const next = rest.pop()
    if (typeof next !== 'object' || next === null) continue
    if (Array.isArray(next)) {
      for (const item of next) rest.push(item)
      continue
    }
    for (const [name, inner] of Object.entries(next)) {
      if (RESERVED.has(name)) throw new SyntaxError('reserved name')
      count++
      rest.push(inner)
    }
  }
  return count
}

/** Valid JSON has one colon per name outside of strings. */
function namesWrittenIn(text: string): number {
  return text.replace(/"(?:[^"\\]|\\.)*"/g, '').split(':').length - 1
}
