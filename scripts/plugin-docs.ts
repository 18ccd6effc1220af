// npm run docs: writes docs/plugins.md, the list of plugins, from the header comment of each.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

export interface Plugin {
  name: string
  /** The folder of plugins/ it is in, or '' for one directly in plugins/. */
  wing: string
  /** From the root of the repository. */
  file: string
  isFolder: boolean
}

const ROOT = join(import.meta.dirname, '..')

/** The folders in plugins/ that hold plugins rather than being one. */
export const wings: string[] = foldersIn('plugins').filter(folder => !isPlugin(`plugins/${folder}`))

/** A plugin is a file in plugins/ or in a wing, or a folder there with an index.ts; other files of that folder are its helpers. */
export const plugins: Plugin[] = ['', ...wings].flatMap(wing => {
  const folder = wing === '' ? 'plugins' : `plugins/${wing}`
  const inFiles = readdirSync(join(ROOT, folder)).filter(file => file.endsWith('.ts'))
  const inFolders = foldersIn(folder).filter(name => isPlugin(`${folder}/${name}`))
  return [
    ...inFiles.map(file => ({ name: file.slice(0, -3), wing, file: `${folder}/${file}`, isFolder: false })),
    ...inFolders.map(name => ({ name, wing, file: `${folder}/${name}/index.ts`, isFolder: true })),
  ].toSorted((a, b) => (a.name < b.name ? -1 : 1))
})

function foldersIn(folder: string): string[] {
  const entries = readdirSync(join(ROOT, folder), { withFileTypes: true })
  return entries.filter(entry => entry.isDirectory()).map(({ name }) => name)
}

function isPlugin(folder: string): boolean {
  return existsSync(join(ROOT, folder, 'index.ts'))
}

/**
 * The parts of a header: `// app.x: what it is`, or `// (no decorator) What it does`, in one to three lines.
 * @throws where a plugin has no such header
 */
export function headerOf({ file }: Plugin): { decorators: string; text: string } {
  const [comment = ''] = /^(?:\/\/ .*\n)+/.exec(readFileSync(join(ROOT, file), 'utf8')) ?? []
  const header = comment
    .replaceAll(/^\/\/ /gm, '')
    .trim()
    .replaceAll('\n', ' ')
  const [, decorators = '', text = ''] =
    /^(?:((?:(?:app|request|reply)\.[\w.]+(?:, )?)+): |\(no decorator\) )(.+)$/.exec(header) ?? []
  if (text === '') throw new Error(`${file}: no header comment such as "// app.x: …" or "// (no decorator) …"`)
  return { decorators, text }
}

/** `docs/plugins.md`: a table per wing. */
export function pluginsPage(): string {
  const tables = ['', ...wings].map(wing => {
    const rows = plugins.filter(plugin => plugin.wing === wing).map(row)
    const title = wing === '' ? 'plugins/' : `plugins/${wing}/`
    return `## ${title}\n\n| plugin | decorator | |\n| --- | --- | --- |\n${rows.join('\n')}\n`
  })
  return `# Plugins

Fastify loads them in the order of their declared dependencies. [Architecture](architecture.md) says what belongs in which folder.

${tables.join('\n')}
\`npm run docs\` generates this page from the header comment of each plugin.
`
}

function row(plugin: Plugin): string {
  const { decorators, text } = headerOf(plugin)
  const link = `[${plugin.name}](../${plugin.file})`
  return `| ${link} | ${decorators.replaceAll(/[\w.]+/g, '`$&`')} | ${text.charAt(0).toUpperCase()}${text.slice(1).replaceAll('|', '\\|')} |`
}

if (import.meta.main) writeFileSync(join(ROOT, 'docs/plugins.md'), pluginsPage())
