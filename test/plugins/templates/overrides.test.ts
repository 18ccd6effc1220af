import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import t, { type Test } from 'tap'
import { build } from '../../support/app.ts'
import { open, PAGES, submit } from '../../support/pages.ts'

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
  const folder = await folderWith(t, {
    'x/in.eta': '<%~ include(it.name) %>',
    'out.eta': 'out',
    'x/secret.txt': 'secret',
  })
  const app = await build(t, { TEMPLATES_DIR: join(folder, 'x') })
  for (const name of [
    '../out',
    './in',
    'x/../../out',
    '/etc/passwd',
    'secret.txt',
    'x/../in',
    '',
    'C:\\x',
    '@in',
    'no-such',
  ])
    await t.rejects(app.templates.render('in', { name }), /no such template|Failed to get template/, name)
})

t.test('a template of the folder replaces the one of that name, and no other', async t => {
  const folder = await folderWith(t, {
    'pages/signout/confirm.eta': '<h1><%= it.brand.name %>: <%= it.t("title") %></h1>',
  })
  const app = await build(t, { TEMPLATES_DIR: folder })
  t.equal((await open(app, '/signout')).body, '<h1>Holocron: Sign out</h1>')
  t.match((await open(app, '/signin')).body, /<h1>Sign in<\/h1>/)
})

t.test('a layout of the folder frames all pages', async t => {
  const folder = await folderWith(t, {
    'pages/layout.eta': '<title><%= it.title %></title><main><%~ it.body %></main>',
  })
  const app = await build(t, { TEMPLATES_DIR: folder })
  for (const path of PAGES) t.match((await open(app, path)).body, /^<title>[^<]+<\/title><main>/, path)
})

t.test('a template that fails is logged, and the built-in page is shown', async t => {
  for (const broken of [
    '<% throw new Error("oops") %>',
    '<%= it.no.such %>',
    '<% if ( %>',
    "<%~ include('pages/no-such') %>",
  ]) {
    const lines: string[] = []
    const folder = await folderWith(t, { 'pages/signin/password.eta': broken })
    const app = await build(t, { TEMPLATES_DIR: folder, LOG_LEVEL: 'error' }, { write: line => void lines.push(line) })
    const page = await open(app, '/signin')
    t.equal(page.statusCode, 200)
    t.match(page.body, /<h1>Sign in<\/h1>/)
    t.match(lines.join(''), /"template":"pages\/signin\/password".*template failed/)
  }
})

t.test('while templates are being written, a change shows at the next request', async t => {
  const folder = await folderWith(t, { 'pages/signout/confirm.eta': 'one' })
  const app = await build(t, { TEMPLATES_DIR: folder, NODE_ENV: 'development' })
  const others = await build(t, { TEMPLATES_DIR: folder })
  for (const each of [app, others]) t.equal((await open(each, '/signout')).body, 'one')
  await writeFile(join(folder, 'pages/signout/confirm.eta'), 'two')
  t.equal((await open(app, '/signout')).body, 'two')
  t.equal((await open(others, '/signout')).body, 'one', 'elsewhere it is read once')
})

t.test('the library is not loaded before somebody opens a page, so that the start stays quick', async t => {
  const script = `
    import { registerHooks } from 'node:module'
    const loaded = []
    registerHooks({ resolve: (specifier, context, next) => (loaded.push(specifier), next(specifier, context)) })
    const { build } = await import('./app.ts')
    const { readConfig } = await import('./plugins/config/index.ts')
    const app = build(readConfig({ NODE_ENV: 'test', DATABASE_URL: 'sqlite::memory:', SECRET: 'correct-horse-battery-staple-0123', LOG_LEVEL: 'silent' }))
    await app.ready()
    const before = loaded.includes('eta')
    await app.inject({ url: '/signin', headers: { accept: 'text/html' } })
    console.log(JSON.stringify({ before, after: loaded.includes('eta') }))
    await app.close()`
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script], {
    cwd: join(import.meta.dirname, '../../..'),
  })
  t.same(JSON.parse(stdout), { before: false, after: true })
})

t.test('threat: a replaced template shows what was typed, passwords and codes included', async t => {
  const show = '<%= Object.entries(it.values).join() %>'
  const folder = await folderWith(t, {
    'pages/signin/password.eta': show,
    'pages/signin/second-factor.eta': show,
    'pages/forgot/sent.eta': show,
    'pages/reset/failed.eta': show,
  })
  const app = await build(t, { TEMPLATES_DIR: folder })
  const forms: [path: string, form: Record<string, string>, shown: string][] = [
    ['/signin', { email: 'a@b.example', password: 'canary' }, 'email,a@b.example'],
    ['/signin/mfa', { mfa_token: 'x', otp: '123456' }, 'mfa_token,x'],
    ['/signin/recovery_code', { mfa_token: 'x', recovery_code: 'canary' }, 'mfa_token,x'],
    ['/forgot/code', { email: 'a@b.example', code: 'canary' }, 'email,a@b.example'],
    ['/users/v1/password_reset', { token: 'x', new_password: 'canary' }, 'token,x'],
  ]
  for (const [path, form, shown] of forms) t.equal((await submit(app, path, form)).body, shown, path)
})
