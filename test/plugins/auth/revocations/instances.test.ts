import t, { type Test } from 'tap'
import { build, environment, logIn, REAL, verifiedUser } from '../../../support/app.ts'
import { dead, isRevoked, logOut, nextTokens, outcome, readFilms, sessionId } from '../../../support/session.ts'
import { until } from '../../../support/until.ts'

const ROUNDS = 20
/** Nothing listens there. */
const NO_REDIS = { REDIS_URL: 'redis://127.0.0.1:1' }

async function twoInstances(t: Test, overrides: Record<string, string>) {
  const env = await environment(t, overrides)
  return [await build(t, env), await build(t, env)] as const
}

const middle = (figures: number[]) => figures.sort((a, b) => a - b)[Math.floor(figures.length / 2)]

t.test('a logout on one instance is refused by the other within milliseconds', { skip: !REAL }, async t => {
  // So that it can only have come through Redis.
  const [here, there] = await twoInstances(t, { REVOCATION_SYNC_SECONDS: '20' })
  const user = await verifiedUser(here)
  const delays: number[] = []
  for (let round = 0; round < ROUNDS; round++) {
    const tokens = await logIn(here, user)
    t.equal(outcome(await readFilms(there, tokens.token)), '200')
    const loggedOut = logOut(here, tokens.token)
    const heard = new Promise<number>(resolve => {
      const look = () =>
        isRevoked(there, sessionId(tokens.token), 1) ? resolve(performance.now()) : setImmediate(look)
      look()
    })
    t.equal((await loggedOut).statusCode, 200)
    const acknowledged = performance.now()
    delays.push((await heard) - acknowledged)
    t.ok(await dead(there, tokens))
  }
  t.ok(Math.max(...delays) < 250)
  t.comment(
    `through Redis: ${middle(delays)?.toFixed(2)} ms after the answer in the middle, ${Math.max(...delays).toFixed(2)} at most`,
  )
})

t.test('a rotation on one instance kills the old access token on the other', { skip: !REAL }, async t => {
  const [here, there] = await twoInstances(t, { REVOCATION_SYNC_SECONDS: '20' })
  const first = await logIn(here)
  t.equal(outcome(await readFilms(there, first.token)), '200')
  const second = await nextTokens(here, first.refresh_token)
  await until(() => isRevoked(there, sessionId(first.token), 1), 1000)
  t.equal(outcome(await readFilms(there, first.token)), '401 token-invalid')
  t.equal(outcome(await readFilms(there, second.token)), '200')
})

t.test('without Redis the other instance hears of it within the sync interval', async t => {
  const [here, there] = await twoInstances(t, { REVOCATION_SYNC_SECONDS: '1', ...(REAL && NO_REDIS) })
  const tokens = await logIn(here)
  const rotated = await logIn(here)
  t.equal(outcome(await readFilms(there, tokens.token)), '200')
  t.equal(outcome(await readFilms(there, rotated.token)), '200')
  await logOut(here, tokens.token)
  await nextTokens(here, rotated.refresh_token)
  const took = await until(async () => (await readFilms(there, tokens.token)).statusCode === 401, 3000)
  t.comment(`through the database: ${took} ms`)
  t.ok(took < 2000)
  t.equal(outcome(await readFilms(there, rotated.token)), '401 token-invalid')
})

t.test('refresh tokens are rejected by the other instance immediately, without any message', async t => {
  const [here, there] = await twoInstances(t, { REVOCATION_SYNC_SECONDS: '20', ...(REAL && NO_REDIS) })
  const tokens = await logIn(here)
  await logOut(here, tokens.token)
  t.equal(outcome(await readFilms(there, tokens.token)), '200', 'it has not heard yet')
  t.ok(
    (
      await there.inject({
        method: 'POST',
        url: '/users/v1/logout',
        headers: { authorization: `Bearer ${tokens.token}` },
      })
    ).statusCode === 200,
    'a logout repeated there is harmless',
  )
  t.ok(await dead(there, tokens))
})
