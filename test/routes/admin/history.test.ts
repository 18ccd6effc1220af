// The administration's page about what happened to all accounts.
import t from 'tap'
import { build, logIn, PASSWORD, reauthenticated } from '../../support/app.ts'
import { administratorsBrowser, signedInBrowser } from '../../support/console.ts'
import { fieldOf } from '../../support/pages.ts'

const app = await build(t)
const admin = await administratorsBrowser(app)

const PAGE = '/admin/history'
const pageOf = (userId: number) => `/admin/users/${userId}`

t.test('the history of all users can be read, and that of one', async t => {
  const user = await reauthenticated(app, await logIn(app))
  const all = await admin.open('/admin/history')
  t.match(all.body, `href="${pageOf(user.user_id)}"`)
  const one = await admin.open(`/admin/history?user_id=${user.user_id}`)
  t.match(one.body, '<strong>Account created')
  t.match(one.body, 'By the user')
  t.match((await admin.open('/admin/history?user_id=999999999')).body, 'Nothing yet.')
  const filtered = `/admin/history?user_id=${user.user_id}&actor_id=${user.user_id}&kind=reauthenticated`
  t.match((await admin.open(filtered)).body, '<strong>Identity confirmed')
  t.notMatch((await admin.open(filtered)).body, '<strong>Account created')
  t.match((await admin.open(filtered)).body, '<option value="reauthenticated" selected>Identity confirmed</option>')
})

t.test('users are found by their address as well, as those it happened to and as those who did it', async t => {
  const { email, user_id } = await reauthenticated(app, await logIn(app))
  const { email: other } = await logIn(app)
  const of = (query: Record<string, string>) => admin.open(`${PAGE}?${new URLSearchParams(query)}`)
  for (const field of ['user_id', 'actor_id']) {
    const { body } = await of({ [field]: email.toUpperCase() })
    t.match(body, `href="${pageOf(user_id)}"`)
    t.notMatch(body, `>${other}<`)
    t.match((await of({ [field]: 'nobody@alderaan.example' })).body, 'Nothing yet.')
  }
})

t.test('a search that is mistyped comes back as it was typed, with the field that is wrong', async t => {
  for (const [path, field, typed] of [
    [PAGE, 'user_id', 'abc'],
    [PAGE, 'from', 'yesterday'],
    ['/admin/users', 'email', 'jürgen'],
  ] as const) {
    const mistyped = await admin.open(`${path}?${new URLSearchParams({ [field]: typed })}`)
    t.equal(mistyped.statusCode, 400)
    t.match(mistyped.body, `<a href="#${field}">`)
    t.match(mistyped.body, new RegExp(`id="${field}"[^>]*aria-invalid="true"`))
    t.equal(fieldOf(mistyped, field), typed)
  }
})

t.test('it says by whom: by address, or by id once they are gone', async t => {
  const other = await administratorsBrowser(app)
  const { user_id } = await logIn(app)
  await other.submit(`${pageOf(user_id)}/disable`)
  const { user_id: actor } = app.tokens.cookie.verifyIgnoringExpiry(other.cookie())
  for (const path of [`${PAGE}?user_id=${user_id}`, pageOf(user_id)])
    t.match((await admin.open(path)).body, `<a href="${pageOf(actor)}">By ${other.user.email}</a>`)
  t.match((await other.open(`${PAGE}?user_id=${user_id}`)).body, 'By you')

  await admin.submit(`${pageOf(actor)}/deletion`)
  for (const path of [`${PAGE}?user_id=${user_id}`, pageOf(user_id)])
    t.match((await admin.open(path)).body, `By user ${actor}, since deleted`)
  const deleted = await admin.open(`${PAGE}?user_id=${actor}`)
  t.match(deleted.body, `User ${actor}, since deleted`)
  t.notMatch(deleted.body, `href="${pageOf(actor)}"`, 'no link leads nowhere')
})

t.test('a user does not learn which administrator it was', async t => {
  const { email, user_id } = await logIn(app)
  await admin.submit(`${pageOf(user_id)}/sign_out`)
  const browser = await signedInBrowser(app, { email, password: PASSWORD })
  const { body } = await browser.open('/account/history')
  t.match(body, 'By an administrator')
  t.notMatch(body, admin.user.email)
})

t.test('a period is chosen in UTC, its beginning included and its end not', async t => {
  const { user_id } = await logIn(app)
  const minute = (time: number) => new Date(time).toISOString().slice(0, 16)
  const now = Date.now()
  const between = (from: string, to: string) =>
    admin.open(`${PAGE}?user_id=${user_id}&actor_id=&kind=&from=${from}&to=${to}`)
  const found = await between(minute(now - 60_000), minute(now + 60_000))
  t.match(found.body, '<strong>Account created')
  t.match(found.body, `value="${minute(now + 60_000)}"`, 'what was asked for stays in the form')
  t.match((await between('', '')).body, '<strong>Account created')
  t.match((await between('', minute(now - 60_000))).body, 'Nothing yet.')
  t.match((await between(minute(now + 60_000), '')).body, 'Nothing yet.')
  for (const time of ['yesterday', '2026-13-01T00:00']) {
    const mistyped = await between(time, '')
    t.equal(mistyped.statusCode, 400)
    t.match(mistyped.body, `value="${user_id}"`, 'what was typed comes back')
  }
})
