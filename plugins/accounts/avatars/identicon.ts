import { createHash } from 'node:crypto'

/** Rows and columns. */
const CELLS = 5
/** Hue, as the text has it, and lightness and saturation with which it can be seen on light and dark pages. */
const TONE = '55%, 48%'

/** A symmetric pattern that follows from the text alone. */
export function identicon(seed: string): string {
  const hash = createHash('sha256').update(seed).digest()
  const hue = Math.round((hash.readUInt16BE(0) / 65_536) * 360)
  const cells = Array.from({ length: CELLS * CELLS }, (_, i) => ({ x: i % CELLS, y: Math.floor(i / CELLS) }))
  const path = cells
    // The left half, mirrored.
    .filter(({ x, y }) => (hash[2 + y * 3 + Math.min(x, CELLS - 1 - x)] ?? 0) % 2 === 0)
    .map(({ x, y }) => `M${x + 1} ${y + 1}h1v1h-1z`)
    .join('')
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 7 7"><rect width="7" height="7" fill="#f2f2f4"/><path fill="hsl(${hue}, ${TONE})" d="${path}"/></svg>\n`
}
