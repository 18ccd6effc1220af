/** The source files and what they import. */
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, normalize, sep } from 'node:path'

export const ROOT = join(import.meta.dirname, '../../..')
export const PARTS = ['plugins', 'routes', 'schemas', 'sql', 'scripts'] as const
export type Part = (typeof PARTS)[number]

export const read = (file: string) => readFileSync(join(ROOT, file), 'utf8')

export const rootFiles = readdirSync(ROOT).filter(file => /\.[cm]?[jt]s$/.test(file))

/** Source files, as paths from the root. */
export const sources = [...rootFiles, ...PARTS.flatMap(filesIn)]

export function filesIn(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter(file => file.endsWith('.ts'))
    .map(file => join(folder, file).replaceAll(sep, '/'))
}

export function partOf(file: string): Part | 'root' {
  return PARTS.find(part => file.startsWith(`${part}/`)) ?? 'root'
}

export interface Import {
  file: string
  /** As written. */
  specifier: string
  /** Our own files as `./` and the path from the root; packages as written. */
  target: string
}

export function importsOf(file: string): Import[] {
  const imports = /^(?:import|export|\}).* from '([^']+)'|^import '([^']+)'|\bimport\('([^']+)'\)/gm
  return [...read(file).matchAll(imports)].map(([, from, bare, lazy]) => {
    const specifier = from ?? bare ?? lazy ?? ''
    return { file, specifier, target: resolve(file, specifier) }
  })
}

function resolve(file: string, specifier: string): string {
  if (specifier.startsWith('#')) return `./${specifier.slice(1)}`
  if (specifier.startsWith('.')) return `./${normalize(join(dirname(file), specifier)).replaceAll(sep, '/')}`
  return specifier
}

/** A path through imports that ends where it began, or undefined. */
export function findCycle(): string[] | undefined {
  const graph = new Map(sources.map(file => [file, importsOf(file).map(({ target }) => target.replace(/^\.\//, ''))]))
  const done = new Set<string>()
  return sources.map(file => visit(file, [])).find(cycle => cycle !== undefined)

  function visit(file: string, path: string[]): string[] | undefined {
    if (path.includes(file)) return [...path.slice(path.indexOf(file)), file]
    if (done.has(file)) return undefined
    for (const target of graph.get(file) ?? []) {
      const cycle = visit(target, [...path, file])
      if (cycle) return cycle
    }
    done.add(file)
    return undefined
  }
}
