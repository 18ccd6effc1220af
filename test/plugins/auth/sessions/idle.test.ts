// Sessions that were idle for long, whose refresh tokens another process or another setting still accepts.
import t from 'tap'
import { administrator, build, call, environment, logIn } from '../../../support/app.ts'
import { age, outcome, rotate } from '../../../support/session.ts'

const DAY_MS = 86_400_000

t.test('what ends all sessions ends those that were idle beyond the lifetime of refresh tokens, too', async t => {
  const env = await environment(t)
  const patient = await build(t, env)
  const strict = await build(t, { ...env, REFRESH_TOKEN_TTL_SECONDS: '86400' })
  const stolen = await logIn(patient)
  await age(patient, stolen.token, 2 * DAY_MS)
  t.equal(outcome(await rotate(strict, stolen.refresh_token)), '401 token-expired')

  const { token } = await administrator(strict)
  const change = { token, payload: { disabled: true } }
  t.equal(outcome(await call(strict, 'PATCH', `/users/v1/${stolen.user_id}`, change)), '200')
  t.equal(
    outcome(await call(strict, 'PATCH', `/users/v1/${stolen.user_id}`, { token, payload: { disabled: false } })),
    '200',
  )
  t.equal(outcome(await rotate(patient, stolen.refresh_token)), '401 token-invalid')
})
