// The section of the account that tells its security history.
import t from 'tap'
import type { AuditEventKind } from '#sql/audit-events.ts'
import words from '../../../plugins/languages/en/audit-events.json' with { type: 'json' }
import { administrator, build, call } from '../../support/app.ts'
import { signedInBrowser } from '../../support/console.ts'

const app = await build(t)

const PAGE = '/account/history'

t.test('every kind of event has words, which the compiler checks', async t => {
  const everyKind: Record<AuditEventKind, string> = words
  t.ok(everyKind['logged-in'])
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
  t.match(
    body,
    /Role changed<\/strong><\/p>\s*<p class="hint"><time[^>]*>[^<]*<\/time> · By an administrator<\/p>\s*<\/div>/,
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
