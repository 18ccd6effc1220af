// The section of the account that tells its security history.
import t from 'tap'
import { administrator, build, call } from '../../support/app.ts'
import { read, sources } from '../../support/architecture/imports.ts'
import { administratorsBrowser, signedInBrowser } from '../../support/console.ts'

const app = await build(t)

const PAGE = '/account/history'
const FIREFOX = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0'

/** Those that a source file declares. */
function kindsIn(file: string): string[] {
  const declarations = [...read(file).matchAll(/interface AuditEventKinds \{([^}]*)\}/g)].map(([, body]) => body)
  return [...declarations.join().matchAll(/'?([\w-]+)'?: true/g)].map(([, kind = '']) => kind)
}

t.test('every kind of event has words, wherever it is declared', async t => {
  const words = app.languages.keysOf('audit-events')
  const kinds = sources.flatMap(kindsIn)
  t.ok(kinds.includes('logged-in') && kinds.includes('login-linked'))
  t.same(
    kinds.filter(kind => !words.includes(kind)),
    [],
  )
})

t.test('the page tells what happened, newest first, by whom and on which device', async t => {
  const browser = await signedInBrowser(app)
  await browser.reauthenticate()
  const { body } = await browser.open(PAGE)
  const told = [...body.matchAll(/<strong>([^<]+)<\/strong>/g)].map(([, text]) => text)
  t.same(told, ['Identity confirmed', 'Signed in', 'E-mail address verified', 'Account created'])
  t.match(body, 'By you')
  t.match((await browser.open(`${PAGE}?lang=de`)).body, 'Identität bestätigt')
})

t.test("what an administrator did is told as such, without the administrator's address", async t => {
  const browser = await signedInBrowser(app)
  const { user_id } = app.tokens.cookie.verifyIgnoringExpiry(browser.cookie())
  const { token } = await administrator(app)
  for (const access_role of ['admin', 'basic'])
    await call(app, 'PATCH', `/users/v1/${user_id}`, { token, payload: { access_role } })
  const { body } = await (await signedInBrowser(app, browser.user)).open(PAGE)
  for (const words of ['Made an administrator', 'Administrator role removed']) t.match(body, `${words}</strong>`)
  t.match(
    body,
    /Administrator role removed<\/strong><\/p>\s*<p class="hint"><time[^>]*>[^<]*<\/time> · By an administrator<\/p>\s*<\/div>/,
  )
})

t.test('a long history comes in pages', async t => {
  const browser = await signedInBrowser(app)
  const { user_id } = app.tokens.cookie.verifyIgnoringExpiry(browser.cookie())
  const event = await app.db
    .selectFrom('audit_events')
    .selectAll()
    .where('user_id', '=', user_id)
    .executeTakeFirstOrThrow()
  const events = Array.from({ length: 60 }, (_, i) => ({ ...event, id: `${event.id.slice(0, -4)}${1000 + i}` }))
  await app.db.insertInto('audit_events').values(events).execute()
  const first = await browser.open(PAGE)
  const next = /rel="next" href="([^"]+)"/.exec(first.body)?.[1]?.replaceAll('&amp;', '&') ?? ''
  t.not(next, '')
  const second = await browser.open(next)
  t.equal(second.statusCode, 200)
  t.match(second.body, `href="${PAGE}">Newest`)
})

t.test('threat: a login that says what it likes in its User-Agent, on the pages of devices and history', async t => {
  const { browser, admin } = { browser: await signedInBrowser(app), admin: await administratorsBrowser(app) }
  const { user_id } = app.tokens.cookie.verifyIgnoringExpiry(browser.cookie())
  for (const agent of [
    'Your account is locked, see evil.example/1',
    'evil.example Mozilla/5.0 (evil.example)',
    FIREFOX,
  ])
    await call(app, 'POST', '/users/v1/login', { payload: browser.user, headers: { 'user-agent': agent } })
  const pages = [
    await browser.open(PAGE),
    await browser.open('/account/devices'),
    await admin.open('/admin/history'),
    await admin.open(`/admin/users/${user_id}`),
  ]
  for (const { statusCode, body } of pages) {
    t.equal(statusCode, 200)
    t.notMatch(body, 'evil')
    t.match(body, 'Unknown device')
    t.match(body, 'Firefox')
  }
})
