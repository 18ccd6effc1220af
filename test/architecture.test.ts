/** Holds the code to the rules of docs/architecture.md: who may import whom, and what a plugin says about itself. */
import { readdirSync, readFileSync } from 'node:fs'
import { isBuiltin } from 'node:module'
import { dirname, join, normalize, sep } from 'node:path'
import { pathToFileURL } from 'node:url'
import t from 'tap'

const ROOT = join(import.meta.dirname, '..')
const PARTS = ['plugins', 'routes', 'schemas', 'sql', 'scripts'] as const
type Part = (typeof PARTS)[number]

const ANY = /^/
const WEB = /^(fastify|@fastify\/.*|node:http|node:https|node:http2)$/

/** What each part may import: other parts, and packages. `routes` is in no list: nothing imports a route. */
const RULES: Record<Part | 'root', { parts: Part[]; packages: RegExp; except?: RegExp }> = {
  schemas: { parts: ['schemas'], packages: /^(@sinclair\/typebox|@fastify\/error)$/ },
  sql: { parts: ['sql'], packages: ANY, except: WEB },
  plugins: { parts: ['plugins', 'schemas', 'sql'], packages: ANY },
  routes: { parts: ['schemas', 'sql'], packages: ANY },
  scripts: { parts: ['scripts', 'plugins', 'schemas', 'sql'], packages: ANY },
  root: { parts: ['plugins', 'schemas'], packages: ANY },
}

const filesOf = (folder: string): string[] =>
  readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter(file => file.endsWith('.ts'))
    .map(file => join(folder, file).replaceAll(sep, '/'))

const read = (file: string) => readFileSync(join(ROOT, file), 'utf8')
const rootFiles = readdirSync(ROOT).filter(file => file.endsWith('.ts'))
const files = [...rootFiles, ...PARTS.flatMap(filesOf)]

const partOf = (file: string): Part | 'root' => PARTS.find(part => file.startsWith(`${part}/`)) ?? 'root'

/** The modules that a file imports: files of ours as paths from the root, packages as they are written. */
function importsOf(file: string): string[] {
  const imports = /^(?:import|export|\}).* from '([^']+)'|^import '([^']+)'|\bimport\('([^']+)'\)/gm
  return [...read(file).matchAll(imports)].map(([, from, bare, lazy]) => resolve(file, from ?? bare ?? lazy ?? ''))
}

const resolve = (file: string, module: string) =>
  module.startsWith('#')
    ? `./${module.slice(1)}`
    : module.startsWith('.')
      ? `./${normalize(join(dirname(file), module)).replaceAll(sep, '/')}`
      : module

for (const [part, { parts, packages, except }] of Object.entries(RULES)) {
  t.test(`${part}: of our own code it imports nothing but ${parts.join(', ')}`, async t => {
    const offences = files
      .filter(file => partOf(file) === part)
      .flatMap(file => importsOf(file).map(module => ({ file, module })))
      .filter(({ file, module }) => {
        if (module === './package.json') return false
        if (module.startsWith('./')) return !mayImport(file, module.slice(2), parts)
        return except?.test(module) || !(isBuiltin(module) || packages.test(module))
      })
    t.same(offences, [])
  })
}

/** A route imports the files of its own folder; scripts build the application. */
function mayImport(file: string, other: string, parts: Part[]): boolean {
  const part = partOf(other)
  if (part === 'root') return partOf(file) === 'root' || other === 'app.ts'
  if (part === 'routes') return dirname(file) === dirname(other)
  return parts.includes(part)
}

/** A plugin is a file in `plugins/` or in one of its wings, or a folder's `index.ts`; the other files of that folder are its own. */
interface Plugin {
  name: string
  sources: string[]
  dependencies: string[]
}

const WINGS = ['http', 'auth', 'accounts', 'operations']

const entries = ['plugins', ...WINGS.map(wing => `plugins/${wing}`)].flatMap(folder =>
  readdirSync(join(ROOT, folder), { withFileTypes: true })
    .filter(
      ({ name }) => name.endsWith('.ts') || (name !== 'README.md' && !(folder === 'plugins' && WINGS.includes(name))),
    )
    .map(entry => ({ folder, name: entry.name, isFolder: entry.isDirectory() })),
)
const plugins: Plugin[] = await Promise.all(
  entries.map(async entry => {
    const file = entry.isFolder ? `${entry.folder}/${entry.name}/index.ts` : `${entry.folder}/${entry.name}`
    const { default: plugin } = await import(pathToFileURL(join(ROOT, file)).href)
    const { name, dependencies = [] } = plugin[Symbol.for('plugin-meta')] ?? {}
    const sources = entry.isFolder ? filesOf(`${entry.folder}/${entry.name}`) : [file]
    t.equal(name, entry.name.replace(/\.ts$/, ''), `${file} declares itself under its own name`)
    return { name, sources, dependencies }
  }),
)

const textOf = ({ sources }: Plugin) => sources.map(read).join('\n')
const decoratorsOf = (plugin: Plugin) =>
  [...textOf(plugin).matchAll(/\bapp\s*\.decorate(?:<[^(]*>)?\(\s*'(\w+)'/g)].map(([, name]) => name as string)
const ownerOf = new Map(plugins.flatMap(plugin => decoratorsOf(plugin).map(name => [name, plugin.name])))

/** What a plugin takes from the application: `app.x`, `request.server.x`, `const { x } = app`, `({ x }: FastifyInstance)`. */
function decoratorsUsedBy(plugin: Plugin): string[] {
  const text = textOf(plugin)
  const named = [...text.matchAll(/\b(?:app|server|this)\.(\w+)/g)].map(([, name]) => name as string)
  const lists = [...text.matchAll(/\{([^{}]*)\}(?:\s*=\s*app\b|\s*:\s*FastifyInstance\b)/g)]
  const taken = lists.flatMap(([, list]) => (list ?? '').split(',').map(part => part.split(':')[0]?.trim() ?? ''))
  return [...new Set([...named, ...taken])].filter(name => ownerOf.has(name))
}

function allDependenciesOf(name: string, seen = new Set<string>()): Set<string> {
  for (const dependency of plugins.find(plugin => plugin.name === name)?.dependencies ?? []) {
    if (!seen.has(dependency)) allDependenciesOf(dependency, seen.add(dependency))
  }
  return seen
}

t.test('every plugin declares whom it needs: what it takes from the application is theirs', async t => {
  for (const plugin of plugins) {
    const needed = decoratorsUsedBy(plugin).map(name => ownerOf.get(name) as string)
    const declared = allDependenciesOf(plugin.name).add(plugin.name)
    t.same(
      [...new Set(needed)].filter(name => !declared.has(name)),
      [],
      plugin.name,
    )
  }
})

t.test('a plugin reaches another by its decorator: it never imports one to register it', async t => {
  for (const { name, sources } of plugins) {
    t.same(
      sources.filter(file => /^import \w+ from '\.\.?\/.*\.ts'/m.test(read(file))),
      [],
      name,
    )
  }
})

t.test(
  "nothing verifies a token by @fastify/jwt's request and reply decorators: they know nothing of revocation",
  async t => {
    const users = files.filter(file => /jwt(Verify|Decode|Sign)\b/i.test(read(file)))
    t.same(users, [])
    const namespaces = files.filter(file => /\bjwt\b.*\bFastifyInstance\b|\.jwt\b/.test(read(file)))
    t.same(namespaces, ['plugins/jwt.ts', 'plugins/auth/tokens/codec.ts'], 'app.jwt is for app.tokens alone')
  },
)

t.test('docs/architecture.md tells of every plugin', async t => {
  const text = read('docs/architecture.md')
  for (const { name } of plugins) t.ok(text.includes(`\`${name}\``), name)
})
