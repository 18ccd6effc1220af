import t from 'tap'
import { build, call, environment, PASSWORD, REAL } from '../../../support/app.ts'
import { expectError } from '../../../support/error-response.ts'
import { eventKinds } from '../../../support/mails.ts'
import { holder, PASSKEYS, passkeyLogin, requestOptions, sendAssertion } from '../../../support/passkeys.ts'
import { outcome, readFilms } from '../../../support/session.ts'

const app = await build(t)
const REFUSED = '401 passkey-invalid'

const sessionsOf = async (user_id: number, on = app) =>
  (await on.db.selectFrom('sessions').select('id').where('user_id', '=', user_id).execute()).length

t.test('a challenge is valid for five minutes, and one of another SECRET never', async t => {
  const { key } = await holder(app)
  const now = Date.now
  t.teardown(() => {
    Date.now = now
  })
  const credential = key.get(await requestOptions(app))
  Date.now = () => now() + 300_001
  expectError(t, await sendAssertion(app, credential), 401, 'passkey-invalid')
  Date.now = () => now() + 290_000
  t.equal((await sendAssertion(app, credential)).statusCode, 200)
  Date.now = now
  const foreign = await build(t, { SECRET: 'another-horse-another-staple-4567' })
  const { challenge } = await requestOptions(foreign)
  expectError(t, await passkeyLogin(app, key, { challenge }), 401, 'passkey-invalid')
})

t.test('rotating SECRET between options and login does no harm', async t => {
  const env = await environment(t)
  const before = await build(t, env)
  const { key } = await holder(before)
  const options = await requestOptions(before)
  const after = await build(t, { ...env, SECRET: `another-horse-another-staple-4567,${env.SECRET}` })
  t.equal((await sendAssertion(after, key.get(options))).statusCode, 200)
})

t.test('threat: an intercepted assertion is replayed', async t => {
  const { key, user_id } = await holder(app, 1)
  const credential = key.get(await requestOptions(app))
  t.equal((await sendAssertion(app, credential)).statusCode, 200)
  for (let i = 0; i < 3; i++) expectError(t, await sendAssertion(app, credential), 401, 'passkey-invalid')
  await app.cleanUp.run()
  expectError(t, await sendAssertion(app, credential), 401, 'passkey-invalid')
  t.equal(await sessionsOf(user_id), 2)
  t.notOk((await eventKinds(app, user_id)).includes('passkey-cloned'), 'a replay is no clone')
})

for (const number of REAL ? [1, 2] : [1])
  for (const count of [0, 1])
    t.test(
      `threat: one assertion, 20 times at once on ${number} instance(s), counter +${count}: one session`,
      async t => {
        const env = await environment(t)
        const here = await build(t, env)
        const there = number === 1 ? here : await build(t, env)
        const { key, user_id } = await holder(here, count)
        for (let round = 0; round < 3; round++) {
          const credential = key.get(await requestOptions(here))
          const answers = await Promise.all(
            Array.from({ length: 20 }, (_, i) => sendAssertion(i % 2 ? here : there, credential)),
          )
          t.same(answers.map(outcome).sort(), ['200', ...Array(19).fill(REFUSED)])
        }
        t.equal(await sessionsOf(user_id, here), 4)
        t.notOk((await eventKinds(here, user_id)).includes('passkey-cloned'))
      },
    )

t.test('answers to different challenges at once all log in', async t => {
  const { key } = await holder(app)
  const answers = await Promise.all(Array.from({ length: 5 }, () => passkeyLogin(app, key)))
  t.same(answers.map(outcome), Array(5).fill('200'))
})

t.test(
  'threat: a copy of the authenticator: where the counter does not go up, the login is refused and written down',
  async t => {
    const { key, user_id } = await holder(app, 1)
    t.equal((await passkeyLogin(app, key, { counter: 10 })).statusCode, 200)
    for (const counter of [10, 9, 0]) {
      expectError(t, await passkeyLogin(app, key, { counter }), 401, 'passkey-invalid')
      t.equal((await eventKinds(app, user_id)).at(-1), 'passkey-cloned')
    }
    t.equal((await passkeyLogin(app, key, { counter: 2 ** 32 - 1 })).statusCode, 200)
    t.equal(await sessionsOf(user_id), 3)
  },
)

t.test("threat: somebody who knows a passkey's id makes it look cloned", async t => {
  const { key, user_id } = await holder(app, 1)
  t.equal(outcome(await passkeyLogin(app, key, { counter: 0, signed: () => Buffer.from('x') })), REFUSED)
  t.notOk((await eventKinds(app, user_id)).includes('passkey-cloned'))
})

t.test('a removal racing logins leaves no session opened by the removed passkey', async t => {
  for (let round = 0; round < 5; round++) {
    const { key, passkey_id, token } = await holder(app)
    const url = `${PASSKEYS}/${passkey_id}`
    const [removed, ...answers] = await Promise.all([
      call(app, 'DELETE', url, { token, payload: { password: PASSWORD } }),
      ...Array.from({ length: 3 }, () => passkeyLogin(app, key)),
    ])
    t.equal(removed.statusCode, 200)
    for (const answer of answers.filter(({ statusCode }) => statusCode === 200))
      t.equal(outcome(await readFilms(app, answer.json().token)), '401 token-invalid')
  }
})

t.test(
  'under LOGIN_POLICY=single a passkey opens no second session, and what was refused may be tried again',
  async t => {
    const app = await build(t, { LOGIN_POLICY: 'single' })
    const { key, token } = await holder(app)
    const credential = key.get(await requestOptions(app))
    expectError(t, await sendAssertion(app, credential), 400, 'user-already-logged-in')
    await call(app, 'POST', '/users/v1/logout', { token })
    t.equal((await sendAssertion(app, credential)).statusCode, 200)
    expectError(t, await passkeyLogin(app, key), 400, 'user-already-logged-in')
  },
)
