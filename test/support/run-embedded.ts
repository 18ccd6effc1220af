// Runs the suite on SQLite: `npm run test:embedded [-- file …]`.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { makeTemplate } from './databases.ts'
import { runTap } from './run-tap.ts'

const folder = await mkdtemp(join(tmpdir(), 'holocron-test-'))
const template = `sqlite:${folder}/template.db`
const elsewhere = ['--test-env=TEST_DATABASE_URL', '--test-env=TEST_REDIS_URL']
try {
  await makeTemplate(template)
  process.exitCode = await runTap([...elsewhere, ...process.argv.slice(2)], { TEST_TEMPLATE_URL: template })
} finally {
  await rm(folder, { recursive: true })
}
