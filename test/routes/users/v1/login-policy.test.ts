import t from 'tap'
import { build, call, logIn, verifiedUser } from '../../../support/app.ts'
import { browse, browserLogIn, OWN_PAGE } from '../../../support/cookies.ts'
import { age, logOut, outcome } from '../../../support/session.ts'

const SINGLE = { LOGIN_POLICY: 'single' }
const TAKEN = '400 user-already-logged-in'

t.test('by default one may be logged in as often as one likes', async t => {
  const app = await build(t)
  const payload = await verifiedUser(app)
  for (let i = 0; i < 3; i++) t.equal(outcome(await call(app, 'POST', '/users/v1/login', { payload })), '200')
})

t.test('single: while a session lives no other is opened, by token or by cookie', async t => {
  const app = await build(t, SINGLE)
  const user = await verifiedUser(app)
  const attempts = () =>
    Promise.all([
      call(app, 'POST', '/users/v1/login', { payload: user }),
      call(app, 'POST', '/sessions/v1/', { payload: user, headers: OWN_PAGE }),
    ])
  const { token } = await logIn(app, user)
  t.same((await attempts()).map(outcome), [TAKEN, TAKEN])
  const wrong = await call(app, 'POST', '/users/v1/login', { payload: { ...user, password: 'Coruscant19BBY' } })
  t.not(outcome(wrong), TAKEN, 'who does not know the password does not learn of it')
  t.equal(outcome(await logOut(app, token)), '200')

  const cookie = await browserLogIn(app, user)
  t.same((await attempts()).map(outcome), [TAKEN, TAKEN])
  t.equal(outcome(await browse(app, 'DELETE', '/sessions/v1/', cookie)), '200')
  await logIn(app, user)
})

t.test('single: a session that can no longer rotate blocks nobody', async t => {
  const app = await build(t, { ...SINGLE, REFRESH_TOKEN_TTL_SECONDS: '1000' })
  const user = await verifiedUser(app)
  await age(app, (await logIn(app, user)).token, 1_001_000)
  await logIn(app, user)
})

t.test('single: of 20 logins at once exactly one gets in', async t => {
  const app = await build(t, SINGLE)
  const payload = await verifiedUser(app)
  const outcomes = await Promise.all(
    Array.from({ length: 20 }, async () => outcome(await call(app, 'POST', '/users/v1/login', { payload }))),
  )
  t.same(outcomes.sort(), ['200', ...Array(19).fill(TAKEN)])
})
