/** SVG without a library: page, text and scales, readable on light and dark backgrounds. */

export const WIDTH = 760
/** Height of a row. */
export const ROW = 34
/** Where the drawing begins, below title and subtitle. */
export const TOP = 64
/** Width of the labels on the left. */
export const LABELS = 170

export type Colors = Record<string, [light: string, dark: string]>

const TEXT: Colors = {
  svg: ['#24292f', '#e6edf3'],
  '.page': ['#fff', '#0d1117'],
  '.quiet': ['#57606a', '#9198a1'],
}

/**
 * Shapes are filled, and paths drawn, in the color of their class.
 * @param colors of the classes that the parts use
 */
export function page(title: string, subtitle: string, height: number, parts: string[], colors: Colors = {}): string {
  const all = { ...TEXT, ...colors }
  const rules = (theme: 0 | 1) =>
    Object.entries(all)
      .map(([selector, pair]) => `${selector}{color:${pair[theme]}}`)
      .join('')
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img" aria-label="${escapeXml(title)}">
<style>*{fill:currentColor}path{fill:none;stroke:currentColor}text{font:13px system-ui,sans-serif}.title{font-size:16px;font-weight:600}.quiet{font-size:12px}${rules(0)}@media(prefers-color-scheme:dark){${rules(1)}}</style>
<rect class="page" width="${WIDTH}" height="${height}" rx="6"/>
${text(20, 28, title, { name: 'title' })}${text(20, 46, subtitle, { name: 'quiet' })}
${parts.join('\n')}
</svg>
`
}

export function text(
  x: number,
  y: number,
  content: string,
  { anchor, name }: { anchor?: 'end' | 'middle'; name?: string } = {},
): string {
  const attributes = `${anchor ? ` text-anchor="${anchor}"` : ''}${name ? ` class="${name}"` : ''}`
  return `<text x="${fixed(x)}" y="${fixed(y)}"${attributes}>${escapeXml(content)}</text>`
}

/** Maps values between `min` and `max` to coordinates between `from` and `to`. */
export function scale(
  [min, max]: [number, number],
  [from, to]: [number, number],
  { logarithmic = false } = {},
): (value: number) => number {
  const of = logarithmic ? Math.log : (value: number) => value
  const range = of(max) - of(min) || 1
  return value => from + ((of(value) - of(min)) / range) * (to - from)
}

/** A coordinate, to a tenth. */
export const fixed = (value: number) => String(Number(value.toFixed(1)))

/** A value with three or four digits. */
export function short(value: number): string {
  return value.toLocaleString('en', { maximumSignificantDigits: value >= 100 ? 4 : 3 })
}

function escapeXml(content: string): string {
  return content.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;')
}
