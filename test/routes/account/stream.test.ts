/** What open pages follow: whose changes, from which pages, and until when. */
import t from 'tap'
import { call, codeOf, logIn } from '../../support/app.ts'
import { administratorsBrowser, signedInBrowser } from '../../support/console.ts'
import { openEventStream } from '../../support/event-stream.ts'
import { serve } from '../../support/oauth.ts'
import { until } from '../../support/until.ts'

const { app, issuer } = await serve(t)

const headersOf = (cookie: string, site = 'same-origin') => ({
  accept: 'text/event-stream',
  cookie: `${app.sessionCookie.name}=${cookie}`,
  'sec-fetch-site': site,
})

t.test('pages of the account follow it alone, from where the page was made', async t => {
  const browser = await signedInBrowser(app)
  const { token, user_id } = await logIn(app, browser.user)
  const before = await app.changeEvents.head()
  await call(app, 'PATCH', `/users/v1/${user_id}`, { token, payload: { first_name: 'Leia' } })
  await logIn(app)
  const stream = await openEventStream(t, `${issuer}/account/stream?after=${before}`, headersOf(browser.cookie()))
  await stream.count(1)
  t.same(stream.types(), ['person.updated'])
  t.match(stream.headers.get('content-type'), /^text\/event-stream/)
})

t.test('pages of the administration follow all accounts, or the one that they are about', async t => {
  const browser = await administratorsBrowser(app)
  const all = await openEventStream(t, `${issuer}/admin/stream`, headersOf(browser.cookie()))
  await all.begun()
  const { user_id, token } = await logIn(app)
  const one = await openEventStream(t, `${issuer}/admin/stream?user_id=${user_id}`, headersOf(browser.cookie()))
  await one.begun()
  await logIn(app)
  await call(app, 'PATCH', `/users/v1/${user_id}`, { token, payload: { first_name: 'Leia' } })
  await until(() => all.types().includes('person.updated'))
  await until(() => one.types().includes('person.updated'))
  t.ok(one.events().every(({ data }) => data.user_id === user_id))
  t.equal(all.types().filter(type => type === 'session.created').length, 2)
})

t.test('it ends when the session does', async t => {
  const browser = await signedInBrowser(app)
  const stream = await openEventStream(t, `${issuer}/account/stream`, headersOf(browser.cookie()))
  await stream.begun()
  await browser.submit('/signout')
  await until(() => stream.ended, 2000)
  const response = await call(app, 'GET', '/account/stream', { headers: headersOf(browser.cookie()) })
  t.equal(response.statusCode, 401, 'which is no page to be led away from')
})

t.test('threat: another site opens streams in the name of its visitors', async t => {
  const browser = await administratorsBrowser(app)
  for (const path of ['/account/stream', '/admin/stream'])
    for (const site of ['same-site', 'cross-site']) {
      const response = await call(app, 'GET', path, { headers: headersOf(browser.cookie(), site) })
      t.equal(codeOf(response), 'cross-site', `${path} from ${site}`)
    }
})

t.test('threat: a user follows the administration', async t => {
  const browser = await signedInBrowser(app)
  const response = await call(app, 'GET', '/admin/stream', { headers: headersOf(browser.cookie()) })
  t.equal(response.statusCode, 403)
})

t.test('a page in answer to a form, and one that shows an error, follows nothing', async t => {
  const browser = await signedInBrowser(app)
  const page = await browser.open('/account/profile')
  t.match(page.body, 'data-live="person"')
  t.match(page.headers['content-security-policy'], "connect-src 'self'")
  const form = await browser.submit('/account/profile', { first_name: 'Leia', phone_number: 'none' })
  t.notMatch(form.body, 'data-live')
  t.notMatch(form.headers['content-security-policy'], 'script-src')
})

t.test('administrators see the latest changes without scripts, too, newest first', async t => {
  const browser = await administratorsBrowser(app)
  const { token, user_id, email } = await logIn(app)
  await call(app, 'PATCH', `/users/v1/${user_id}`, { token, payload: { first_name: 'Leia' } })
  const { body } = await browser.open('/admin/live')
  const types = [...body.matchAll(/<code>(\w+\.\w+)<\/code>/g)].map(([, type]) => type)
  t.equal(types[0], 'person.updated')
  t.ok(types.length <= 50)
  t.match(body, `<a href="/admin/users/${user_id}"><bdi>${email}</bdi></a>`)
})
