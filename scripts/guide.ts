/** Reads the files of a guide out of CONTRIBUTING.md, so that guide, generator and test have one source. */
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'

export interface GuideFile {
  path: string
  text: string
}

/**
 * The fenced blocks of one section, each with the path that the text before it names last. `NNN` becomes the number of the next migration.
 * @param root of the project
 */
export async function readGuide(root: string, heading: string): Promise<GuideFile[]> {
  const sections = (await readFile(join(root, 'CONTRIBUTING.md'), 'utf8')).split(/^## /m)
  const section = sections.find(text => text.startsWith(`${heading}\n`))
  if (section === undefined) throw new Error(`CONTRIBUTING.md has no section "${heading}"`)
  const number = await nextMigration(root)
  const blocks = section.replaceAll('NNN', number).matchAll(/`([\w./-]+)`:\n\n```\w+\n(.*?)^```$/gms)
  return [...blocks].map(([, path = '', text = '']) => ({ path, text }))
}

async function nextMigration(root: string): Promise<string> {
  const files = await readdir(join(root, 'sql/migrations'))
  const numbers = files.filter(file => file.endsWith('.sql')).map(file => Number.parseInt(file, 10))
  return String(Math.max(...numbers) + 1).padStart(3, '0')
}
