/** Follows both guides of CONTRIBUTING.md to the letter, in a copy of the project, and runs what a contributor would: the check, and every test that walks all routes, statements and tables. */
import { execFile } from 'node:child_process'
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import t, { type Test } from 'tap'
import { type GuideFile, readGuide } from '../../scripts/guide.ts'
import { REAL } from '../support/app.ts'

const ROOT = join(import.meta.dirname, '../..')
const run = promisify(execFile)

async function copyProject(t: Test): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'holocron-guide-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  const skipped = ['.git', '.tap', 'node_modules', 'data']
  for (const name of (await readdir(ROOT)).filter(name => !skipped.includes(name)))
    await cp(join(ROOT, name), join(folder, name), { recursive: true, filter: path => !path.includes('node_modules') })
  await symlink(join(ROOT, 'node_modules'), join(folder, 'node_modules'))
  return folder
}

async function follow(folder: string, files: GuideFile[]): Promise<void> {
  for (const { path, text } of files) {
    await mkdir(dirname(join(folder, path)), { recursive: true })
    // `wx`: a guide changes no file that exists.
    await writeFile(join(folder, path), text, { flag: 'wx' })
  }
}

async function contents(folder: string, files: GuideFile[]): Promise<GuideFile[]> {
  return Promise.all(files.map(async ({ path }) => ({ path, text: await readFile(join(folder, path), 'utf8') })))
}

/** What failed, of what tap printed, and some lines after each. */
function failuresIn(output: string): string {
  return [...output.matchAll(/^ *not ok (?:.*\n){1,20}/gm)]
    .map(([lines]) => lines)
    .join('\n')
    .slice(0, 8000)
}

const WALKING = ['sql/plans', 'sql/connection/dialects']
/** What no database changes. */
const EMBEDDED_ONLY = [
  'plugins/auth/access/every-route',
  'plugins/auth/access/ownership',
  'plugins/auth/access/openapi',
  'plugins/http/openapi',
  'docs/openapi',
  'architecture',
  'fuzz',
]

/** It runs a dozen other test files. */
t.setTimeout(600_000)

t.test('both guides work as they are written', async t => {
  const folder = await copyProject(t)
  const planets = await readGuide(folder, 'Add a protected resource in five minutes')
  t.equal(planets.length, 6)
  await follow(folder, planets)

  // The second guide by its generator, which must write what the guide shows.
  const notes = await readGuide(folder, 'Add a resource that users own')
  t.equal(notes.length, 7)
  await passes(t, process.execPath, ['scripts/new-resource.ts', 'notes'])
  t.same(await contents(folder, notes), notes)
  await passes(t, process.execPath, ['scripts/new-resource.ts', 'star-charts'])

  if (!REAL) {
    await passes(t, process.execPath, ['scripts/export-openapi.ts'])
    await passes(t, 'node_modules/.bin/tsc', ['--noEmit'])
    await passes(t, 'node_modules/.bin/biome', ['ci'])
  }
  const tests = ['routes/planets', 'routes/notes', 'routes/star-charts', ...WALKING, ...(REAL ? [] : EMBEDDED_ONLY)]
  const files = JSON.stringify(tests.map(name => `test/${name}.test.ts`))
  // In one process, which loads the service once.
  await mkdir(join(folder, '.tap'))
  await writeFile(join(folder, '.tap/tests.ts'), `import { run } from '../test/support/group.ts'\nrun(${files})\n`)
  await passes(t, process.execPath, ['.tap/tests.ts'])

  async function passes(t: Test, command: string, args: string[]): Promise<void> {
    // Without what tap has every Node below it load, which the compiler does not bear.
    const clean = ['-u', 'NODE_OPTIONS', 'FUZZ_PATHS=^/(planets|notes)/', 'FUZZ_RUNS=400', command, ...args]
    const problem = await run('env', clean, { cwd: folder, maxBuffer: 100 * 1024 * 1024 }).then(
      () => '',
      ({ stdout, stderr }: { stdout: string; stderr: string }) =>
        failuresIn(stdout) || `${stdout}${stderr}`.slice(-4000),
    )
    t.equal(problem, '', args.join(' '))
  }
})
