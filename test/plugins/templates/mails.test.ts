/** The templates of mails: what they insert unescaped, what they say, and how an operator replaces them. */
import { readdirSync, readFileSync } from 'node:fs'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { build, type Environment } from '../../support/app.ts'
import { sampleMail } from '../../support/sample-mails.ts'

const FOLDER = join(import.meta.dirname, '../../../plugins/templates/mails')

for (const file of readdirSync(FOLDER)) {
  const text = readFileSync(join(FOLDER, file), 'utf8')

  t.test(`threat: ${file} of mails inserts nothing unescaped but its body`, async t => {
    const raw = [...text.matchAll(/<%[-_]?\s*~([\s\S]*?)%>/g)].map(([, code = '']) => code.trim())
    t.same(
      raw.filter(code => code !== 'it.body'),
      [],
    )
  })

  t.test(`${file} of mails has no words of its own`, async t => {
    const words = text
      .replace(/<style>[\s\S]*?<\/style>/g, '')
      .replace(/<%[\s\S]*?%>/g, '')
      .replace(/<[^>]*>/g, '')
    t.notMatch(words, /\p{L}{2}/u)
  })
}

async function withTemplates(t: Test, files: Record<string, string>, env: Environment = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'holocron-templates-'))
  t.teardown(() => rm(folder, { recursive: true }))
  await mkdir(join(folder, 'mails'))
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, 'mails', name), text)
  const lines: string[] = []
  const log = { write: (line: string) => void lines.push(line) }
  const app = await build(t, { TEMPLATES_DIR: folder, LOG_LEVEL: 'error', ...env }, log)
  return { app, lines }
}

t.test('TEMPLATES_DIR replaces a single mail, and the others stay', async t => {
  const { app, lines } = await withTemplates(t, { 'password-changed.eta': '<p><%= it.subject %>: <%= it.link %></p>' })
  const { html, text } = await sampleMail(app, 'password-changed')
  t.equal(html, '<p>Your password was changed: http://holocron.test/forgot</p>')
  t.match(text, /^http:\/\/holocron\.test\/forgot$/m, 'its text says what it said')
  t.match((await sampleMail(app, 'passkey-added')).html, '<!doctype html>')
  t.same(lines, [])
})

t.test('TEMPLATES_DIR replaces the frame of all mails', async t => {
  const { app } = await withTemplates(t, { 'layout.eta': '<main><%~ it.body %></main>' })
  for (const template of ['password-changed', 'email-verification'] as const)
    t.match((await sampleMail(app, template)).html, /^<main>[\s\S]*<h1/, template)
})

for (const [problem, source] of Object.entries({
  'throws an error': '<%= it.nothing.at.all %>',
  'is no template': '<% if ( %>',
  'includes what does not exist': "<%~ include('mails/no-such') %>",
}))
  t.test(
    `a mail is not lost because its template ${problem}: ours takes its place, and the error is logged`,
    async t => {
      const { app, lines } = await withTemplates(t, { 'password-changed.eta': source })
      const { html } = await sampleMail(app, 'password-changed')
      t.match(html, /<h1[^>]*>Your password was changed<\/h1>/)
      t.match(
        lines.map(line => JSON.parse(line)),
        [{ msg: 'template failed, using the built-in one', template: 'mails/password-changed' }],
      )
    },
  )
