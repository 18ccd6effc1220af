import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import t, { type Test } from 'tap'
import { build } from '../../support/app.ts'

/** A folder for TEMPLATES_DIR, with these files. */
async function folderWith(t: Test, files: Record<string, string>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'holocron-templates-'))
  t.teardown(() => rm(folder, { recursive: true }))
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true })
    await writeFile(join(folder, name), text)
  }
  return folder
}

t.test('threat: every value in a template is escaped, in text and in attributes', async t => {
  const folder = await folderWith(t, { 'x/y.eta': '<p title="<%= it.v %>"><%= it.v %></p>' })
  const app = await build(t, { TEMPLATES_DIR: folder })
  const page = await app.templates.render('x/y', { v: `"'><script>&` })
  t.equal(page, '<p title="&quot;&#39;&gt;&lt;script&gt;&amp;">&quot;&#39;&gt;&lt;script&gt;&amp;</p>')
})

t.test('threat: no name of a template leads out of the folders', async t => {
  const folder = await folderWith(t, { 'in.eta': '<%~ include(it.name) %>', 'secret.txt': 'secret' })
  const app = await build(t, { TEMPLATES_DIR: folder })
  for (const name of ['../x', '/etc/passwd', 'secret.txt', 'x/../in', '', 'C:\\x', '@in', 'no-such'])
    await t.rejects(app.templates.render('in', { name }), /no such template|Failed to get template/, name)
})
