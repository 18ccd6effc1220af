/** Follows «add a protected resource in five minutes» to the letter, in a copy of the project. */
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import t, { type Test } from 'tap'
import { REAL } from '../support/app.ts'

const ROOT = join(import.meta.dirname, '../..')
const run = promisify(execFile)
/** Somebody has followed it already. */
const followed = existsSync(join(ROOT, 'sql/planets.ts'))

interface Step {
  files: string[]
  language: string
  text: string
}

/** The fenced blocks of the guide, each with the files that are named last before it. */
async function readSteps(): Promise<Step[]> {
  const [, guide = ''] = (await readFile(join(ROOT, 'CONTRIBUTING.md'), 'utf8')).split('\n## Add a protected resource')
  const number = await nextMigration()
  const blocks = guide.replaceAll('NNN', number).matchAll(/([^\n]*):\n\n```(\w+)\n(.*?)^```$/gms)
  return [...blocks].map(([, naming = '', language = '', text = '']) => ({
    files: [...naming.matchAll(/`([\w./-]+\/[\w./-]+)`/g)].map(([, file]) => file ?? ''),
    language,
    text,
  }))
}

async function nextMigration(): Promise<string> {
  const files = await readdir(join(ROOT, 'sql/migrations/sqlite'))
  return String(Math.max(...files.map(file => Number.parseInt(file, 10))) + 1).padStart(3, '0')
}

/** Puts the lines with a plus after, and before, the lines that are there already. */
function patch(text: string, diff: string): string {
  return diff.split('@@\n').reduce((patched, hunk) => {
    const lines = hunk.split('\n').slice(0, -1)
    const before = lines.filter(line => !line.startsWith('+')).map(line => line.slice(1))
    const after = lines.map(line => line.slice(1))
    const [head, tail, ...more] = patched.split(`${before.join('\n')}\n`)
    if (head === undefined || tail === undefined || more.length > 0) throw new Error(`not there, or not once:\n${hunk}`)
    return `${head}${after.join('\n')}\n${tail}`
  }, text)
}

async function copyProject(folder: string): Promise<void> {
  const parts = ['plugins', 'routes', 'schemas', 'sql', 'scripts', 'bench', 'test', 'docs', '.env.example']
  const rootFiles = (await readdir(ROOT)).filter(file => /\.(ts|json|yaml)$/.test(file))
  // bench/ and test/clients/ have packages of their own.
  const filter = (path: string) => !path.endsWith('node_modules')
  for (const part of [...parts, ...rootFiles])
    await cp(join(ROOT, part), join(folder, part), { recursive: true, filter })
  await symlink(join(ROOT, 'node_modules'), join(folder, 'node_modules'))
}

t.test('a protected resource in five minutes: the guide works as it is written', { skip: followed }, async t => {
  const folder = await mkdtemp(join(tmpdir(), 'holocron-guide-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  await copyProject(folder)

  const steps = await readSteps()
  for (const { files, language, text } of steps) {
    for (const file of files.map(name => join(folder, name))) {
      const content = language === 'diff' ? patch(await readFile(file, 'utf8'), text) : text
      await mkdir(dirname(file), { recursive: true })
      await writeFile(file, content)
    }
  }

  const tests = [
    'routes/planets',
    'plugins/auth/access/every-route',
    'sql/connection/dialects',
    ...(REAL ? [] : ['architecture', 'plugins/http/openapi', 'docs/openapi']),
  ]
  await passes(t, process.execPath, ['scripts/export-openapi.ts'])
  for (const name of tests) await passes(t, process.execPath, [`test/${name}.test.ts`])
  if (REAL) return
  const written = steps.flatMap(({ files }) => files).filter(file => file.endsWith('.ts'))
  const types = { extends: './tsconfig.json', include: ['app.ts', 'plugins', ...written] }
  await writeFile(join(folder, 'tsconfig.guide.json'), JSON.stringify(types))
  // Without what the test runner slips into every process it knows of: the compiler does not bear it.
  const bare = ['-u', 'NODE_OPTIONS']
  await passes(t, 'env', [...bare, 'node_modules/.bin/tsc', '--project', 'tsconfig.guide.json'])
  await passes(t, 'env', [...bare, 'node_modules/.bin/biome', 'check', '--vcs-enabled=false', ...written])

  /** Without what tap has every Node below it load, which the compiler does not bear. */
  async function passes(t: Test, command: string, args: string[]): Promise<void> {
    const problem = await run('env', ['-u', 'NODE_OPTIONS', command, ...args], { cwd: folder }).then(
      () => '',
      ({ stdout, stderr }: { stdout: string; stderr: string }) => `${stdout}${stderr}`.slice(-4000),
    )
    t.equal(problem, '', args.join(' '))
  }
})
