/** Converts values of other systems to ours if nothing is lost. Other values are returned unchanged. */

/** Databases export absent values as null or as an empty text. */
export function withoutEmpty(record: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(record).filter(([, value]) => value !== null && !(typeof value === 'string' && value.trim() === '')),
  )
}

/** Line breaks and other control characters become spaces. */
export function mendText(value: unknown): unknown {
  if (typeof value === 'number') return String(value)
  return typeof value === 'string' ? value.replace(/[\s\p{Cc}]+/gu, ' ').trim() : value
}

/** Postal addresses keep their lines; other control characters become spaces. */
export function mendLines(value: unknown): unknown {
  if (typeof value !== 'string') return mendText(value)
  const lines = value.split(/\r\n?|\n/).map(line => String(mendText(line)))
  return lines.filter(line => line !== '').join('\n')
}

const FLAGS = new Map<unknown, boolean>([
  [1, true],
  [0, false],
  ['1', true],
  ['0', false],
  ['t', true],
  ['f', false],
  ['true', true],
  ['false', false],
])

/** MySQL: 1 and 0. PostgreSQL as text: `t` and `f`. */
export function mendFlag(value: unknown): unknown {
  return FLAGS.get(typeof value === 'string' ? value.toLowerCase() : value) ?? value
}

/** Some systems export 64-bit integers as text. */
export function mendInteger(value: unknown): unknown {
  return typeof value === 'string' && /^\d{1,16}$/.test(value) ? Number(value) : value
}
