import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { scopesPage } from '../../scripts/scope-docs.ts'
import { build, call } from '../support/app.ts'

const page = await scopesPage()

t.test('docs/scopes.md is what the routes say now (else: npm run docs)', async t => {
  t.equal(await readFile(join(import.meta.dirname, '../../docs/scopes.md'), 'utf8'), page)
})

t.test('it has all scopes, and says what each opens', async t => {
  const { body } = await call(await build(t), 'GET', '/.well-known/openid-configuration')
  for (const scope of JSON.parse(body).scopes_supported) t.match(page, new RegExp(`\\| \`${scope}\` \\| .+ \\|`), scope)
})
