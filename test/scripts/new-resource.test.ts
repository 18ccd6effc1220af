// What it writes is tested where the guides are: test/docs/contributing.test.ts.
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import t from 'tap'

const ROOT = join(import.meta.dirname, '../..')

function newResource(...names: string[]) {
  const { status, stderr } = spawnSync(process.execPath, ['scripts/new-resource.ts', ...names], { cwd: ROOT })
  return { status, problem: String(stderr) }
}

t.test('names are in kebab case, plural and singular, or the usage is printed', async t => {
  for (const names of [[], ['Notes'], ['star_charts'], ['../notes'], ['notes1'], ['sheep'], ['notes', 'notes']]) {
    const { status, problem } = newResource(...names)
    t.equal(status, 1, names.join(' '))
    t.match(problem, /^Usage: npm run new-resource/)
  }
})

t.test('an existing file is never overwritten', async t => {
  const { status, problem } = newResource('films')
  t.equal(status, 1)
  t.match(problem, /^sql\/films\.ts exists already\n$/)
})
