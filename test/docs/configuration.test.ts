import { execFile } from 'node:child_process'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseEnv, promisify } from 'node:util'
import t from 'tap'
import { readConfig } from '../../plugins/config/index.ts'
import { ConfigSchema } from '../../plugins/config/schema.ts'
import { configurationPage, envExample, outdated } from '../../scripts/config-docs.ts'

const ROOT = join(import.meta.dirname, '../..')
const names = Object.keys(ConfigSchema.properties)

t.test('.env.example and docs/configuration.md are what the schema says now (else: npm run docs)', async t => {
  t.equal(await readFile(join(ROOT, '.env.example'), 'utf8'), envExample())
  t.equal(await readFile(join(ROOT, 'docs/configuration.md'), 'utf8'), configurationPage())
  t.same(outdated(), [])
  const check = [join(ROOT, 'scripts/config-docs.ts'), '--check']
  await t.resolves(promisify(execFile)(process.execPath, check, { cwd: '/' }))
})

t.test('both list every setting once', async t => {
  for (const name of names) {
    t.equal(envExample().split(`\n#${name}=`).length, 2, `.env.example: ${name}`)
    t.equal(configurationPage().split(`\n| \`${name}\` | `).length, 2, `docs/configuration.md: ${name}`)
  }
})

t.test('every setting says what it is for', async t => {
  for (const [name, { description = '' }] of Object.entries(ConfigSchema.properties)) {
    t.match(description, /^\S.{9,}[^.\s]$/, name)
  }
})

t.test('.env.example as it stands, and with everything uncommented, changes nothing', async t => {
  t.same(parseEnv(envExample()), {})
  const uncommented = envExample().replace(/^#(?=[A-Z0-9_]+=)/gm, '')
  const values = parseEnv(uncommented) as Record<string, string>
  t.same(Object.keys(values).sort(), names.toSorted())
  t.same(readConfig(values), readConfig({}))
})

t.test('the page contains no secret and nothing specific to this machine', async t => {
  const cores = /^\| `ARGON2_THREADS` \| the number of cores, at most 3 \| /m
  t.match(configurationPage(), cores)
  t.match(envExample(), /^#SECRET=$/m)
})

t.test('each row of the tables has three cells, and each file of settings a table', async t => {
  const lines = configurationPage().split('\n')
  const rows = lines.filter(line => line.startsWith('|'))
  const tables = (await readdir(join(ROOT, 'plugins/config/settings'))).length
  t.equal(lines.filter(line => line.startsWith('## ')).length, tables)
  t.equal(rows.length, names.length + 2 * tables)
  for (const row of rows) t.equal(row.split(/(?<!\\)\|/).length, 5, row)
})
