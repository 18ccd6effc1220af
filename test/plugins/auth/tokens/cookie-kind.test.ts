// The cookie's kind among the others: a cookie opens as a cookie only, and nothing else does there.
import t from 'tap'
import { build, call, logIn } from '../../../support/app.ts'
import { browse, browserLogIn } from '../../../support/cookies.ts'
import { challenge, enrolled } from '../../../support/mfa.ts'
import { outcome } from '../../../support/session.ts'

t.test('no other kind of token is accepted as a cookie', async t => {
  const app = await build(t)
  const { token, refresh_token } = await logIn(app)
  const { mfa_token } = await challenge(app, (await enrolled(app)).user)
  for (const [name, value] of Object.entries({ access: token, refresh: refresh_token, mfa: mfa_token }))
    t.equal(outcome(await browse(app, 'GET', '/films/v1/', value)), '401 token-invalid', name)
})

t.test("a cookie's token is not accepted as any other kind", async t => {
  const app = await build(t)
  const cookie = await browserLogIn(app)
  t.equal(outcome(await call(app, 'GET', '/films/v1/', { token: cookie })), '401 token-invalid', 'access')
  t.equal(outcome(await call(app, 'POST', '/users/v1/generate_tokens', { token: cookie })), '401 token-invalid')
  const { token, refresh_token } = await logIn(app)
  const payload = { old_access_token: cookie }
  const rotation = await call(app, 'POST', '/users/v1/generate_tokens', { token: refresh_token, payload })
  t.equal(outcome(rotation), '401 token-invalid', 'the old access token')
  t.equal(outcome(await call(app, 'GET', '/films/v1/', { token })), '200', 'nothing has rotated')
  t.equal(outcome(await browse(app, 'GET', '/films/v1/', cookie)), '200', 'nothing has ended')
})

t.test(
  'a cookie that was seen good does not open as a header without a scheme: that would go round the check of origins',
  async t => {
    const app = await build(t)
    const cookie = await browserLogIn(app)
    t.equal(outcome(await browse(app, 'GET', '/films/v1/', cookie)), '200')
    const response = await call(app, 'GET', '/films/v1/', { headers: { authorization: cookie } })
    t.equal(outcome(response), '401 token-invalid')
  },
)

t.test('an access token that was seen good does not open as a cookie', async t => {
  const app = await build(t)
  const { token } = await logIn(app)
  t.equal(outcome(await call(app, 'GET', '/films/v1/', { token })), '200')
  t.equal(outcome(await browse(app, 'GET', '/films/v1/', `Bearer%20${token}`)), '401 token-invalid')
})
