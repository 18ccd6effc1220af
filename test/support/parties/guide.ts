import { readFile } from 'node:fs/promises'
import { join } from 'node:path'

/** The code blocks of a page in `docs` that come after `**name** ` at the beginning of a line, up to the next name or heading. */
export async function blocksOf(page: string, name: string): Promise<string[]> {
  const text = await readFile(join(import.meta.dirname, '../../../docs', page), 'utf8')
  const [, part = ''] = text.split(`\n**${name}** `)
  const [own = ''] = part.split(/\n(?:\*\*|## )/)
  return [...own.matchAll(/```\w*\n(.*?)```/gs)].map(([, block = '']) => block)
}
