import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { eventsPage } from '../../scripts/event-docs.ts'

t.test('docs/events.md is what the schemas say now (else: npm run docs)', async t => {
  t.equal(await readFile(join(import.meta.dirname, '../../docs/events.md'), 'utf8'), await eventsPage())
})
