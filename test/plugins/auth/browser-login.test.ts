// A login in a browser that is logged in already takes the place of its earlier session.
import t from 'tap'
import { call, verifiedUser } from '../../support/app.ts'
import { browse, browserLogIn, cookieIn, expired, OWN_PAGE, setCookie } from '../../support/cookies.ts'
import { enrolled, otpOf, steppingClock } from '../../support/mfa.ts'
import { fieldOf, submit } from '../../support/pages.ts'
import { outcome } from '../../support/session.ts'
import { Browser, linkedTo, withCorp } from '../../support/social.ts'

steppingClock(t)
const { app, corp } = await withCorp(t)

type User = { email: string; password: string }

const headersWith = (cookie: string) => ({ ...OWN_PAGE, cookie: `${app.sessionCookie.name}=${cookie}` })
const claimsOf = (cookie: string) => app.tokens.cookie.verifyIgnoringExpiry(cookie)
const isAlive = async (cookie: string) => outcome(await browse(app, 'GET', '/films/v1/', cookie)) === '200'

const onPage = (user: User, cookie: string) => submit(app, '/signin', user, headersWith(cookie))
const byApi = (payload: User, cookie: string) =>
  call(app, 'POST', '/sessions/v1/', { payload, headers: headersWith(cookie) })

async function byProvider({ email }: User, cookie: string) {
  corp.person = email
  corp.people.set(email, { email })
  await linkedTo(app, corp, email)
  const browser = new Browser(app)
  browser.cookies.set(app.sessionCookie.name, cookie)
  return browser.logIn('corp')
}

for (const [how, login] of Object.entries({ 'on the page': onPage, 'by the API': byApi, 'by a provider': byProvider }))
  for (const whose of ['the same user', 'another user'] as const)
    t.test(`a login ${how} ends the earlier session of the browser, of ${whose}`, async t => {
      const user = await verifiedUser(app)
      const earlier = await browserLogIn(app, user)
      const elsewhere = await browserLogIn(app, user)
      const response = await login(whose === 'the same user' ? user : await verifiedUser(app), earlier)
      const cookies = [setCookie(response)].join('\n').split('\n')
      const cookie =
        /=([^;]*)/.exec(cookies.find(each => each.startsWith(`${app.sessionCookie.name}=`)) ?? '')?.[1] ?? ''
      t.ok(await isAlive(cookie), response.body)
      t.notOk(await isAlive(earlier))
      t.ok(await isAlive(elsewhere), 'and no other')

      const { sid, user_id } = claimsOf(earlier)
      const ended = await app.db.selectFrom('audit_events').selectAll().where('session_id', '=', sid).execute()
      t.match(
        ended.filter(({ kind }) => kind === 'session-ended'),
        [{ user_id, actor_id: user_id }],
        'as if its user had signed out',
      )
      const opened = await app.db
        .selectFrom('audit_events')
        .select(['kind', 'actor_id'])
        .where('session_id', '=', claimsOf(cookie).sid)
        .execute()
      t.same(opened, [{ kind: 'logged-in', actor_id: null }])
    })

t.test('an earlier session whose cookie has expired ends too', async t => {
  const user = await verifiedUser(app)
  const earlier = await browserLogIn(app, user)
  t.equal((await onPage(user, expired(app, earlier))).statusCode, 303)
  t.notOk(await isAlive(earlier))
})

t.test('it lives on until the new one is open: a wrong password and half a login end nothing', async t => {
  const { user, secret } = await enrolled(app)
  const earlier = await browserLogIn(app)
  t.equal((await onPage({ ...user, password: 'Wrong-Password1' }, earlier)).statusCode, 404)
  const half = await onPage(user, earlier)
  t.ok(await isAlive(earlier))
  const form = { mfa_token: fieldOf(half, 'mfa_token') ?? '', otp: otpOf(secret) }
  t.ok(await isAlive(cookieIn(await submit(app, '/signin/mfa', form, headersWith(earlier)))))
  t.notOk(await isAlive(earlier))
})

t.test('a cookie that means nothing is no obstacle', async t => {
  for (const cookie of ['', 'x', 'a.b.c']) t.equal((await onPage(await verifiedUser(app), cookie)).statusCode, 303)
})

t.test('threat: a stolen cookie, which is dead since its user authenticated again, signs that user out', async t => {
  const victim = await verifiedUser(app)
  const stolen = await browserLogIn(app, victim)
  const headers = headersWith(stolen)
  const payload = { password: victim.password }
  const current = cookieIn(await call(app, 'POST', '/users/v1/reauthenticate', { payload, headers }))
  for (const cookie of [stolen, expired(app, stolen)])
    t.equal((await onPage(await verifiedUser(app), cookie)).statusCode, 303)
  t.ok(await isAlive(current))
})
