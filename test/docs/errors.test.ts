import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { errors } from '#schemas/errors.ts'
import { errorsPage } from '../../scripts/error-docs.ts'

t.test('docs/errors.md is what the catalog says now (else: npm run docs)', async t => {
  t.equal(await readFile(join(import.meta.dirname, '../../docs/errors.md'), 'utf8'), errorsPage())
})

t.test('every error says in a sentence what it means, and in another what to do', async t => {
  for (const [name, { code, meaning, advice }] of Object.entries(errors)) {
    t.match(code, /^[a-z]+(-[a-z]+)+$|^forbidden$/, name)
    for (const text of [meaning, advice]) t.match(text, /^[A-Z`][^|\n]{10,}\.$/, name)
  }
})
