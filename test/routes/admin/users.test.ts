// The administration's pages about users.
import type { Updateable } from 'kysely'
import t from 'tap'
import { NO_PASSWORD, type UsersTable } from '#sql/users.ts'
import { build, type LoggedIn, logIn, PASSWORD, verifiedUser } from '../../support/app.ts'
import { administratorsBrowser, signedInBrowser } from '../../support/console.ts'
import { enrolled, steppingClock } from '../../support/mfa.ts'
import { open } from '../../support/pages.ts'
import { routesOf } from '../../support/routes.ts'
import { outcome, readFilms, sessionId } from '../../support/session.ts'

steppingClock(t)
const app = await build(t)
const admin = await administratorsBrowser(app)

const pageOf = (userId: number) => `/admin/users/${userId}`
const kindsOf = async (userId: number) =>
  (await app.auditEvents.list({ user_id: userId }, {}, { user_id: 0, access_role: 'admin' })).results

const setUser = async (userId: number, columns: Updateable<UsersTable>) => {
  await app.db.updateTable('users').set(columns).where('id', '=', userId).execute()
  await app.users.invalidate(userId)
}

t.test('/admin leads to the users', async t => {
  t.equal((await admin.open('/admin')).headers.location, '/admin/users')
})

t.test('users are found by how their address begins, and by their state; nobody is said so', async t => {
  const { email, user_id } = await logIn(app)
  const found = await admin.open(`/admin/users?email=${encodeURIComponent(email.slice(0, -8))}&state=`)
  t.match(found.body, `<bdi>${email}</bdi>`)
  t.match(found.body, `href="${pageOf(user_id)}"`)
  t.notMatch(
    (await admin.open(`/admin/users?email=${encodeURIComponent(email)}&state=disabled`)).body,
    'class="rows">\n    <li>',
  )
  t.match((await admin.open('/admin/users?email=nobody-like-that&state=')).body, 'No users match.')
  t.match((await admin.open('/admin/users?state=admin')).body, `<bdi>${admin.user.email}</bdi>`)
  t.notMatch(found.body, 'href="/account/', 'the account is another console')
  t.equal((await admin.open('/admin/users?state=nonsense')).statusCode, 400)
})

t.test('hundreds of users come in pages, and the filter stays', async t => {
  const { email } = await verifiedUser(app)
  const row = await app.db.selectFrom('users').selectAll().where('email', '=', email).executeTakeFirstOrThrow()
  const { id: _id, ...columns } = row
  const rows = Array.from({ length: 60 }, (_, i) => ({ ...columns, email: `crowd${1000 + i}@crowd.example` }))
  await app.db.insertInto('users').values(rows).execute()
  let next: string | undefined = '/admin/users?email=crowd'
  const seen = new Set<string>()
  for (let pages = 0; next && pages < 10; pages++) {
    const { body } = await admin.open(next)
    for (const [, address = ''] of body.matchAll(/<bdi>(crowd\d+)@/g)) seen.add(address)
    next = /rel="next" href="([^"]+)"/.exec(body)?.[1]?.replaceAll('&amp;', '&')
  }
  t.equal(seen.size, 60)
})

t.test('a user is disabled and restored, which ends the sessions at once, and the history says by whom', async t => {
  const user = await logIn(app)
  const disabled = await admin.submit(`${pageOf(user.user_id)}/disable`)
  t.equal(disabled.statusCode, 303)
  t.match((await admin.open(disabled.headers.location ?? '')).body, 'The account is disabled.')
  t.equal(outcome(await readFilms(app, user.token)), '401 token-invalid')
  const restored = await admin.submit(`${pageOf(user.user_id)}/enable`)
  t.match((await admin.open(restored.headers.location ?? '')).body, 'The account is active again.')
  const { user_id } = app.tokens.cookie.verifyIgnoringExpiry(admin.cookie())
  t.match(
    (await kindsOf(user.user_id)).filter(({ kind }) => ['disabled', 'enabled'].includes(kind)),
    [{ actor_id: user_id }, { actor_id: user_id }],
  )
})

t.test('a user is signed out everywhere', async t => {
  const user = await logIn(app)
  await admin.submit(`${pageOf(user.user_id)}/sign_out`)
  t.equal(outcome(await readFilms(app, user.token)), '401 token-invalid')
  t.match((await admin.open(pageOf(user.user_id))).body, 'Not signed in anywhere.')
})

t.test('second factors are removed after a question; those of oneself are not', async t => {
  const { user_id } = await enrolled(app)
  t.match((await admin.open(pageOf(user_id))).body, 'authenticator app · 10 recovery codes')
  t.match((await admin.open(`${pageOf(user_id)}/remove_factors`)).body, 'Remove all second factors?')
  t.not((await app.secondFactors.list(user_id)).totp, null, 'asking does nothing')
  await admin.submit(`${pageOf(user_id)}/remove_factors`)
  const page = await admin.open(pageOf(user_id))
  t.notMatch(page.body, 'remove_factors')
  const again = await admin.submit(`${pageOf(user_id)}/remove_factors`)
  t.equal(again.statusCode, 404)
  t.match(again.body, 'nothing here to change or remove')
  const { user_id: own } = app.tokens.cookie.verifyIgnoringExpiry(admin.cookie())
  await setUser(own, { mfa_enabled: 1 })
  t.equal((await admin.submit(`${pageOf(own)}/remove_factors`)).statusCode, 403)
  await setUser(own, { mfa_enabled: 0 })
})

t.test('the administrator role is given and taken', async t => {
  const { user_id } = await logIn(app)
  t.match((await admin.open(pageOf(user_id))).body, 'Make administrator')
  const promoted = await admin.submit(`${pageOf(user_id)}/promote`)
  t.equal((await app.users.get(user_id)).access_role, 'admin')
  t.match((await admin.open(promoted.headers.location ?? '')).body, 'The user is an administrator now.')
  const demoted = await admin.submit(`${pageOf(user_id)}/demote`)
  t.equal((await app.users.get(user_id)).access_role, 'basic')
  t.match((await admin.open(demoted.headers.location ?? '')).body, 'no longer an administrator')
})

t.test(
  'every action has a page that asks first, does nothing itself, and is there again after reauthentication',
  async t => {
    const user = await logIn(app)
    const plain = { mfa_enabled: 0, access_role: 'basic', disabled: 0 } as const
    const applicable: Record<string, Updateable<UsersTable>> = {
      remove_factors: { mfa_enabled: 1 },
      demote: { access_role: 'admin' },
      enable: { disabled: 1 },
    }
    const fresh = await signedInBrowser(app, admin.user)
    const actions = routesOf(app).filter(({ path, method }) => /^\/admin\/users\/1\/./.test(path) && method === 'POST')
    t.equal(actions.length, 8)
    for (const action of actions) {
      const path = action.path
        .replace('/users/1/', `/users/${user.user_id}/`)
        .replace('/sessions/1/', `/sessions/${sessionId(user.token)}/`)
      await setUser(user.user_id, { ...plain, ...applicable[path.split('/').at(-1) ?? ''] })
      const before = await app.users.get(user.user_id)
      const asked = await fresh.open(path)
      t.equal(asked.headers.location, `/account/reauthenticate?redirect_to=${encodeURIComponent(path)}`)
      const pressed = await fresh.submit(path, {}, path)
      t.equal(pressed.headers.location, asked.headers.location, 'too late: back to the question')
      const question = await admin.open(path)
      t.match(question.body, `<form class="actions" method="post" action="${path}">`)
      t.match(question.body, `<bdi>${user.email}</bdi>`)
      t.notMatch(question.body, 'class="done"')
      t.same(await app.users.get(user.user_id), before)
    }
    t.equal(outcome(await readFilms(app, user.token)), '200')
  },
)

t.test('an action that would change nothing is neither offered nor asked for nor done', async t => {
  const { user_id } = await logIn(app)
  const page = await admin.open(pageOf(user_id))
  for (const action of ['enable', 'demote', 'remove_factors']) {
    const path = `${pageOf(user_id)}/${action}`
    t.notMatch(page.body, `href="${path}"`)
    for (const response of [await admin.open(path), await admin.submit(path)]) {
      t.equal(response.statusCode, 404, path)
      t.match(response.body, 'There is nothing here to change or remove any more.')
    }
  }
  t.notMatch((await kindsOf(user_id)).map(({ kind }) => kind).join(), /enabled|promoted|demoted/)
})

t.test('threat: a link shows a question with the message that it was done, or sends the form elsewhere', async t => {
  const { user_id } = await logIn(app)
  const path = `${pageOf(user_id)}/disable`
  const { body } = await admin.open(`${path}?done=enable&lang=de`)
  t.notMatch(body, 'class="done" role="status"')
  t.match(body, `method="post" action="${path}?lang=de"`)
})

t.test('the question about second factors warns if nothing else is left to sign in with', async t => {
  const { user_id } = await enrolled(app)
  const question = async () => (await admin.open(`${pageOf(user_id)}/remove_factors`)).body
  t.notMatch(await question(), 'This account has no password and no linked provider')
  await setUser(user_id, { password_hash: NO_PASSWORD })
  t.match(await question(), 'This account has no password and no linked provider')
})

t.test('on their own page administrators read where they change their account', async t => {
  const { user_id } = app.tokens.cookie.verifyIgnoringExpiry(admin.cookie())
  const { body } = await admin.open(pageOf(user_id))
  t.match(body, 'This is your own account')
  t.notMatch(body, `href="${pageOf(user_id)}/sign_out"`)
})

t.test('what was chosen is done at once after reauthentication', async t => {
  const { user_id } = await logIn(app)
  const browser = await signedInBrowser(app, admin.user)
  const { headers } = await browser.open(`${pageOf(user_id)}/promote`)
  const back = await browser.submit(headers.location ?? '', { password: PASSWORD })
  t.equal(back.headers.location, `${pageOf(user_id)}/promote`)
  t.equal((await browser.submit(`${pageOf(user_id)}/promote`)).headers.location, `${pageOf(user_id)}?done=promote`)
  t.equal((await app.users.get(user_id)).access_role, 'admin')
})

t.test('the sessions of a user come in pages, and one of them is ended', async t => {
  const user = await verifiedUser(app)
  const sessions = []
  for (let i = 0; i < 11; i++) sessions.push(await logIn(app, user))
  const [oldest, next] = sessions as [LoggedIn, LoggedIn]
  const endOf = ({ token }: LoggedIn) => `${pageOf(oldest.user_id)}/sessions/${sessionId(token)}/end`
  const newest = (await admin.open(pageOf(oldest.user_id))).body
  t.notMatch(newest, endOf(oldest))
  const more = /rel="next" href="([^"]+)#devices"/.exec(newest)?.[1] ?? ''
  t.match((await admin.open(more)).body, `href="${endOf(oldest)}"`)

  t.match((await admin.open(endOf(oldest))).body, 'Sign out this device?')
  const ended = await admin.submit(endOf(oldest))
  t.match((await admin.open(ended.headers.location ?? '')).body, 'The device is signed out.')
  t.equal(outcome(await readFilms(app, oldest.token)), '401 token-invalid')
  t.equal(outcome(await readFilms(app, next.token)), '200')
  t.equal((await admin.open(endOf(oldest))).statusCode, 404)
  const again = await admin.submit(endOf(oldest))
  t.equal(again.statusCode, 404)
  t.match(again.body, 'There is nothing here to change or remove any more.')
})

t.test("a session is not ended under another user's id", async t => {
  const [user, other] = [await logIn(app), await logIn(app)]
  const path = `${pageOf(other.user_id)}/sessions/${sessionId(user.token)}/end`
  t.equal((await admin.open(path)).statusCode, 404)
  t.equal((await admin.submit(path)).statusCode, 404)
  t.equal(outcome(await readFilms(app, user.token)), '200')
})

t.test('an action on an account that is gone is answered with a page, and logged as no failure of ours', async t => {
  const logged: string[] = []
  const app = await build(t, { LOG_LEVEL: 'error' }, { write: line => logged.push(line) })
  const admin = await administratorsBrowser(app)
  for (const response of [
    await admin.open(`${pageOf(999_999_999)}/disable`),
    await admin.submit(`${pageOf(999_999_999)}/disable`),
  ]) {
    t.equal(response.statusCode, 404)
    t.match(response.body, 'There is no such page.')
  }
  t.same(logged, [])
})

t.test('an account is deleted after a question', async t => {
  const user = await logIn(app)
  t.match((await admin.open(`${pageOf(user.user_id)}/deletion`)).body, 'Delete this account?')
  const deleted = await admin.submit(`${pageOf(user.user_id)}/deletion`)
  t.equal(deleted.headers.location, '/admin/users?done=deletion')
  t.equal((await admin.open(pageOf(user.user_id))).statusCode, 404)
})

t.test('threat: markup in a name is text to administrators, too', async t => {
  const user = await logIn(app)
  await app.db
    .updateTable('users')
    .set({ first_name: '<script>alert(1)</script>' })
    .where('id', '=', user.user_id)
    .execute()
  for (const path of [`/admin/users?email=${encodeURIComponent(user.email)}`, pageOf(user.user_id)])
    t.notMatch((await admin.open(path)).body, '<script>alert')
})

t.test('threat: a demoted administrator is one no longer, at once', async t => {
  const other = await administratorsBrowser(app)
  const { user_id } = app.tokens.cookie.verifyIgnoringExpiry(other.cookie())
  await admin.submit(`${pageOf(user_id)}/demote`)
  t.equal((await other.open('/admin/users')).statusCode, 303, 'signed out')
  t.equal((await open(app, '/admin/users')).statusCode, 303)
})

t.test('where there is no such user, or no id at all, the navigation stays', async t => {
  for (const path of [pageOf(999_999_999), '/admin/users/abc']) {
    const missing = await admin.open(path)
    t.equal(missing.statusCode, 404)
    t.match(missing.body, 'href="/admin/history"')
  }
})
