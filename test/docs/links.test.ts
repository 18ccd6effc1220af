/** What the documentation names exists: link targets and their headings, files, commands, settings, routes and metrics. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import t from 'tap'
import benchPackage from '../../bench/package.json' with { type: 'json' }
import browserClient from '../../clients/browser/package.json' with { type: 'json' }
import viteExample from '../../examples/vite/package.json' with { type: 'json' }
import packageJson from '../../package.json' with { type: 'json' }
import { ConfigSchema } from '../../plugins/config/schema.ts'
import { build } from '../support/app.ts'
import { documentOf } from '../support/document.ts'
import { OFFLINE_PROVIDER } from '../support/providers/offline.ts'
import { routesOf } from '../support/routes.ts'

const ROOT = join(import.meta.dirname, '../..')
const NOT_OURS = /^(node_modules|data|\..*)$/

const folders = readdirSync(ROOT, { withFileTypes: true }).filter(
  each => each.isDirectory() && !NOT_OURS.test(each.name),
)
const files = [
  ...readdirSync(ROOT),
  ...folders.flatMap(({ name }) =>
    readdirSync(join(ROOT, name), { recursive: true, encoding: 'utf8' }).map(file => `${name}/${file}`),
  ),
]
const documents = files
  .filter(file => file.endsWith('.md') && !file.includes('/node_modules/'))
  .map(file => ({ file, text: read(file) }))

function read(file: string): string {
  return readFileSync(join(ROOT, file), 'utf8')
}

const withoutBlocks = (text: string) => text.replaceAll(/^```.*?^```$/gms, '')
/** Text in backticks, outside of code blocks. A line break is a space. */
const spansOf = (text: string) =>
  [...withoutBlocks(text).matchAll(/`([^`]+)`/g)].map(([, span = '']) => span.replace(/\s+/g, ' '))
const allSpans = documents.flatMap(({ file, text }) => spansOf(text).map(span => ({ file, span })))

/** The anchors GitHub generates from headings. */
const anchorsOf = (text: string) =>
  [...withoutBlocks(text).matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  )

for (const { file, text } of documents)
  t.test(`${file}: every relative link leads somewhere`, async t => {
    const links = [...withoutBlocks(text).matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target)
    const broken = links
      .filter(link => !/^[a-z]+:/.test(link))
      .filter(link => {
        const [path = '', anchor] = link.split('#')
        const target = path === '' ? file : join(dirname(file), path)
        if (!existsSync(join(ROOT, target))) return true
        return anchor !== undefined && !anchorsOf(read(target)).includes(anchor)
      })
    t.same(broken, [])
  })

t.test('every file named is there', async t => {
  const missing = allSpans.filter(({ file, span }) => {
    // The guides and the bench make their own; dots, braces and stars stand for several.
    if (/planets|notes\b|NNN|^bench\/results\/|[…{*]/.test(span)) return false
    const isPath = /^(plugins|routes|schemas|sql|scripts|test|bench|docs)\/[\w./-]*$/.test(span)
    const isName = /^[\w-]+\.(ts|md|sql|yml|yaml)$/.test(span)
    if (isPath) return !existsSync(join(ROOT, span)) && !existsSync(join(ROOT, dirname(file), span))
    return isName && !files.some(each => each === span || each.endsWith(`/${span}`))
  })
  t.same(missing, [])
})

t.test('every command named is there', async t => {
  const texts = documents.map(({ text }) => text).join('\n')
  const scripts = [...texts.matchAll(/\bnpm (?:run )?(start|test|(?<=run )[\w:-]+)/g)].map(([, name = '']) => name)
  t.ok(scripts.length > 10)
  const known = { ...packageJson.scripts, ...browserClient.scripts, ...viteExample.scripts }
  t.same(
    scripts.filter(name => !(name in known)),
    [],
  )
  const programs = [...texts.matchAll(/\bnpx ([\w-]+)/g)].map(([, name = '']) => name)
  t.same(
    programs.filter(
      name => !existsSync(join(ROOT, 'node_modules/.bin', name)) && !(name in benchPackage.devDependencies),
    ),
    [],
  )
  const benches = [...texts.matchAll(/\bnpm run bench -- (\w[\w-]*)/g)].map(([, name = '']) => name)
  t.ok(benches.length > 5)
  t.same(
    benches.filter(name => name !== 'NAME' && !existsSync(join(ROOT, 'bench/benches', `${name}.ts`))),
    [],
  )
  const run = [...texts.matchAll(/\bnode ([\w/-]+\.ts)/g)].map(([, file = '']) => file)
  t.same(
    run.filter(file => !existsSync(join(ROOT, file))),
    [],
  )
})

/** Settings of the suite, of the examples, of Node and of docker-compose.yml, and words of MySQL that look like one. */
const OTHERS_SETTINGS = [
  'VERIFY_CA',
  'VERIFY_IDENTITY',

  'TEST_DATABASE_URL',
  'TEST_REDIS_URL',
  'TEST_SERVERS',
  'EVENTS_RUN',
  'VITE_SERVICE',
  'UV_THREADPOOL_SIZE',
  'MYSQL_PASSWORD',
  'NODE_EXTRA_CA_CERTS',
  'OTEL_EXPORTER_OTLP_CERTIFICATE',
  'OTEL_EXPORTER_OTLP_COMPRESSION',
]

t.test('every setting named is one', async t => {
  const settings = new Set([...Object.keys(ConfigSchema.properties), ...OTHERS_SETTINGS])
  const unknown = allSpans.filter(({ span }) => {
    const [, name] = /^([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)(?:=.*)?$/.exec(span) ?? []
    return name !== undefined && !settings.has(name) && !settings.has(name.replace(/_FILE$/, ''))
  })
  t.same(unknown, [])
})

t.test('every route and every metric named is served', async t => {
  const tracked = {
    ERROR_TRACKING_DSN: 'http://key@127.0.0.1:9/1',
    LOG_LEVEL: 'error',
    OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9',
    AMQP_URL: 'amqp://127.0.0.1:9',
  }
  const app = await build(t, { ...OFFLINE_PROVIDER, ...tracked })
  const pages = routesOf(app).map(({ url }) => url)
  const paths = [...Object.keys((await documentOf(app)).paths), ...pages]
  const ours = new Set(paths.map(path => path.split('/')[1]))
  const routes = allSpans
    .map(({ file, span }) => ({ file, path: /^(?:(?:GET|POST|HEAD) )?(\/[\w./{}-]+)/.exec(span)?.[1] ?? '' }))
    .filter(({ path }) => path !== '/' && ours.has(path.split('/')[1]))
  t.ok(routes.length > 20)
  t.same(
    routes.filter(
      ({ path }) =>
        !paths.some(each => each === path || each.startsWith(path.replace(/\/?$/, '/')) || `${each}/` === path),
    ),
    [],
  )

  const { body } = await app.inject('/metrics')
  const metrics = allSpans.filter(({ span }) => /^holocron_(?!test)[a-z_]+[a-z]$/.test(span))
  t.ok(metrics.length > 5)
  t.same(
    metrics.filter(({ span }) => !body.includes(`\n# HELP ${span} `)),
    [],
  )
})
