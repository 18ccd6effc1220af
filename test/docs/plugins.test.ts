import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { headerOf, plugins, pluginsPage } from '../../scripts/plugin-docs.ts'

t.test('docs/plugins.md is what the plugins say now (else: npm run docs)', async t => {
  t.equal(await readFile(join(import.meta.dirname, '../../docs/plugins.md'), 'utf8'), pluginsPage())
})

t.test('every plugin says in one to three lines what it is', async t => {
  for (const plugin of plugins) t.match(headerOf(plugin).text, /^.{20,500}\.$/, plugin.file)
})
