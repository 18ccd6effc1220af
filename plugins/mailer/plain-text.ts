/** Columns. Mail readers on terminals do not wrap. @see https://www.rfc-editor.org/rfc/rfc5322#section-2.1.1 */
const WIDTH = 76

/** Paragraphs of at most that width, apart from longer words: a link stays whole. */
export function plainText(paragraphs: string[]): string {
  const wrapped = paragraphs.map(paragraph => paragraph.split('\n').map(wrap).join('\n'))
  return `${wrapped.join('\n\n')}\n`
}

function wrap(line: string): string {
  const lines: string[] = []
  let current: string | undefined
  for (const word of line.split(' ')) {
    if (current !== undefined && current.length + 1 + word.length <= WIDTH) {
      current += ` ${word}`
      continue
    }
    if (current !== undefined) lines.push(current)
    current = word
  }
  return [...lines, current ?? ''].join('\n')
}
