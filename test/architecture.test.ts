/** The rules of docs/architecture.md: what lies where, who may import whom, and what plugins declare. */
import { existsSync, readdirSync } from 'node:fs'
import { isBuiltin } from 'node:module'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import t from 'tap'
import packageJson from '../package.json' with { type: 'json' }
import { plugins, wings } from '../scripts/plugin-docs.ts'
import {
  filesIn,
  findCycle,
  type Import,
  importsOf,
  type Part,
  partOf,
  ROOT,
  read,
  rootFiles,
  sources,
} from './support/architecture/imports.ts'

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

/** Plugins directly in plugins/: the foundation of all others, and the mailer. */
const FOUNDATION = ['config', 'db', 'jwt', 'keys', 'languages', 'mailer', 'oauth-resources', 'redis', 'templates']

/** Where each wing may import from besides itself: one way, so there are no circles. */
const WING_RULES: Record<string, string[]> = {
  foundation: [],
  mailer: ['foundation', 'http'],
  http: ['foundation'],
  auth: ['foundation', 'http'],
  accounts: ['foundation', 'http', 'auth'],
  oidc: ['foundation', 'http', 'auth', 'accounts'],
  operations: ['foundation', 'http'],
}

const MAX_LINES = 250
const MAX_MEDIAN_LINES = 60

for (const [part, { parts, packages, except }] of Object.entries(RULES)) {
  t.test(`${part}: of our own code it imports nothing but ${parts.join(', ')}`, async t => {
    const violations = sources
      .filter(file => partOf(file) === part)
      .flatMap(importsOf)
      .filter(({ file, target }) => {
        if (target === './package.json') return false
        if (target.startsWith('./')) return !mayImport(file, target.slice(2), parts)
        return except?.test(target) || !(isBuiltin(target) || packages.test(target))
      })
    t.same(violations, [])
  })
}

/** A route imports the files of its own folder; scripts build the application. */
function mayImport(file: string, other: string, parts: Part[]): boolean {
  const part = partOf(other)
  if (part === 'root') return partOf(file) === 'root' || other === 'app.ts'
  if (part === 'routes') return dirname(file) === dirname(other)
  return parts.includes(part)
}

t.test('no import leads back to where it came from', async t => {
  t.equal(findCycle(), undefined)
})

t.test('schemas and sql are imported as #schemas and #sql from outside, and by relative paths inside', async t => {
  const violations = sources.flatMap(importsOf).filter(({ file, specifier, target }) => {
    const part = partOf(target.replace(/^\.\//, ''))
    if (part !== 'schemas' && part !== 'sql') return false
    return (partOf(file) === part) === specifier.startsWith('#')
  })
  t.same(violations, [])
})

t.test('every plugin is part of the foundation or in a wing, and wings import one way', async t => {
  t.same(wings.toSorted(), ['accounts', 'auth', 'http', 'oidc', 'operations'])
  t.same(
    plugins.filter(({ wing }) => wing === '').map(({ name }) => name),
    FOUNDATION,
  )
  const violations = filesIn('plugins')
    .flatMap(importsOf)
    .filter(({ target }) => target.startsWith('./plugins/'))
    .filter(({ file, target }) => {
      const [from, to] = [wingOf(file), wingOf(target.slice(2))]
      // The OpenAPI document tells each route's access.
      if (file.startsWith('plugins/http/openapi') && target.startsWith('./plugins/auth/access/')) return false
      return from !== to && !WING_RULES[from]?.includes(to)
    })
  t.same(violations, [])
})

function wingOf(file: string): string {
  const folder = file.split('/')[1] ?? ''
  return folder in WING_RULES ? folder : 'foundation'
}

t.test('no source file is at the root but the application, the process and the primary', async t => {
  t.same(rootFiles.toSorted(), ['app.ts', 'server.ts', 'workers.ts'])
})

t.test(`no source file has more than ${MAX_LINES} lines, and half of them at most ${MAX_MEDIAN_LINES}`, async t => {
  const sizes = sources.map(file => ({ file, lines: read(file).split('\n').length - 1 }))
  t.same(
    sizes.filter(({ lines }) => lines > MAX_LINES),
    [],
  )
  const sorted = sizes.map(({ lines }) => lines).sort((a, b) => a - b)
  t.ok((sorted[Math.floor(sorted.length / 2)] ?? 0) <= MAX_MEDIAN_LINES)
})

t.test('every folder says in a README what belongs there', async t => {
  const folders = readdirSync(ROOT, { withFileTypes: true })
    .filter(entry => entry.isDirectory() && !/^(\..*|data|node_modules)$/.test(entry.name))
    .map(({ name }) => name)
  for (const folder of [...folders, 'plugins/mailer', 'test/support', ...wings.map(wing => `plugins/${wing}`)])
    t.ok(existsSync(join(ROOT, folder, 'README.md')), `${folder}/README.md`)
})

t.test('the service is started with the same flags everywhere', async t => {
  const words = packageJson.scripts.start.split(' ')
  t.match(read('Dockerfile'), `CMD ${JSON.stringify(words).replaceAll('","', '", "')}\n`)
  t.match(read('docs/operations.md'), `\`${packageJson.scripts.start}\``)
})

interface Declared {
  name: string
  file: string
  sources: string[]
  dependencies: string[]
}

const declared: Declared[] = await Promise.all(
  plugins.map(async ({ name, file, isFolder }) => {
    const { default: plugin } = await import(pathToFileURL(join(ROOT, file)).href)
    const { name: own, dependencies = [] } = plugin[Symbol.for('plugin-meta')] ?? {}
    t.equal(own, name, `${file} declares itself under its own name`)
    return { name, file, sources: isFolder ? filesIn(dirname(file)) : [file], dependencies }
  }),
)

const textOf = ({ sources }: Declared) => sources.map(read).join('\n')
const decoratorsOf = (plugin: Declared) =>
  [...textOf(plugin).matchAll(/\bapp\s*\.decorate(?:<[^(]*>)?\(\s*'(\w+)'/g)].map(([, name]) => name as string)
const ownerOf = new Map(declared.flatMap(plugin => decoratorsOf(plugin).map(name => [name, plugin.name])))

/** What a plugin takes from the application: `app.x`, `request.server.x`, `const { x } = app`, `({ x }: FastifyInstance)`. */
function decoratorsUsedBy(plugin: Declared): string[] {
  const text = textOf(plugin)
  const named = [...text.matchAll(/\b(?:app|server|this)\.(\w+)/g)].map(([, name]) => name as string)
  const lists = [...text.matchAll(/\{([^{}]*)\}(?:\s*=\s*app\b|\s*:\s*FastifyInstance\b)/g)]
  const taken = lists.flatMap(([, list]) => (list ?? '').split(',').map(part => part.split(':')[0]?.trim() ?? ''))
  return [...new Set([...named, ...taken])].filter(name => ownerOf.has(name))
}

function allDependenciesOf(name: string, seen = new Set<string>()): Set<string> {
  for (const dependency of declared.find(plugin => plugin.name === name)?.dependencies ?? []) {
    if (!seen.has(dependency)) allDependenciesOf(dependency, seen.add(dependency))
  }
  return seen
}

t.test('every plugin declares the plugins whose decorators it uses', async t => {
  for (const plugin of declared) {
    const needed = decoratorsUsedBy(plugin).map(name => ownerOf.get(name) as string)
    const known = allDependenciesOf(plugin.name).add(plugin.name)
    t.same(
      [...new Set(needed)].filter(name => !known.has(name)),
      [],
      plugin.name,
    )
  }
})

t.test('a plugin reaches another by its decorator: it never imports one to register it', async t => {
  const entries = new Set(plugins.map(({ file }) => `./${file}`))
  const registers = ({ file, specifier, target }: Import) =>
    entries.has(target) && new RegExp(`^import \\w+(,| from) .*'${specifier}'`, 'm').test(read(file))
  t.same(filesIn('plugins').flatMap(importsOf).filter(registers), [])
})

t.test('every transaction is begun where the changes that it notes are written', async t => {
  const begin = /\.(transaction|startTransaction)\(\)|\b(begin|start) transaction\b/i
  t.same(
    sources.filter(file => begin.test(read(file))),
    ['sql/connection/transaction.ts'],
  )
})

t.test(
  "nothing verifies tokens by @fastify/jwt's request and reply decorators, which know nothing of revocation",
  async t => {
    t.same(
      sources.filter(file => /(?<!\bjose\.)jwt(Verify|Decode|Sign)\b/i.test(read(file))),
      [],
    )
    const users = sources.filter(file => /\bjwt\b.*\bFastifyInstance\b|\.jwt\b/.test(read(file)))
    t.same(users, ['plugins/jwt.ts', 'plugins/auth/tokens/codec.ts'], 'app.jwt is for app.tokens alone')
  },
)
