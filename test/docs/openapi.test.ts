import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { openApiDocument } from '../../scripts/export-openapi.ts'

t.test('docs/openapi.json is what the service says now (else: npm run docs)', async t => {
  const document = await openApiDocument()
  t.equal(await readFile(join(import.meta.dirname, '../../docs/openapi.json'), 'utf8'), document)
  t.equal(await openApiDocument(), document, 'and the same each time')
})
