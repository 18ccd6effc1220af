/** Longest list of preferences that is looked at (characters). */
const MAX_LENGTH = 256

/**
 * The languages of an `Accept-Language` header, most wanted first. A single tag is such a list, too.
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-12.5.4
 */
export function preferencesIn(header: string): string[] {
  return header
    .slice(0, MAX_LENGTH)
    .split(',')
    .map(part => /^\s*([\w-]+)\s*(?:;\s*q=([\d.]+)\s*)?$/i.exec(part) ?? [])
    .flatMap(([, tag, quality = '1']) => (tag === undefined ? [] : [{ tag, quality: Number(quality) }]))
    .filter(({ quality }) => quality > 0)
    .sort((a, b) => b.quality - a.quality)
    .map(({ tag }) => tag.toLowerCase())
}

/**
 * The first available language that serves the tag: `de` serves `de-AT`.
 * @see https://www.rfc-editor.org/rfc/rfc4647#section-3.4
 */
export function lookUp(tag: string, available: readonly string[]): string | undefined {
  for (let range = tag; range !== ''; range = range.slice(0, Math.max(range.lastIndexOf('-'), 0))) {
    const found = available.find(language => language.toLowerCase() === range)
    if (found) return found
  }
  return undefined
}
