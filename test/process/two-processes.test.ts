import t from 'tap'
import { openDatabase } from '#sql/connection/database.ts'
import { environment, type LoggedIn, newEmail, PASSWORD, REAL } from '../support/app.ts'
import { request, startService } from '../support/process/service.ts'
import { until } from '../support/until.ts'

const ROUNDS = 10

t.test(
  'two processes on one MySQL and one Redis',
  { skip: !REAL && 'an embedded database belongs to one process' },
  async t => {
    // What is heard within seconds has come through Redis.
    const env = await environment(t, { REVOCATION_SYNC_SECONDS: '20' })
    const [here, there] = await Promise.all([startService(t, env), startService(t, env)])
    const payload = { email: newEmail(), password: PASSWORD }
    t.equal((await request(here, 'POST', '/users/v1/signup', { payload })).status, 200)
    const db = await openDatabase(env.DATABASE_URL ?? '')
    await db.updateTable('users').set({ email_verified: 1 }).where('email', '=', payload.email).execute()
    await db.destroy()
    const logIn = async (): Promise<LoggedIn> => (await request(here, 'POST', '/users/v1/login', { payload })).body
    const films = async (token: string) => (await request(there, 'GET', '/films/v1/', { token })).status

    await t.test('a logout on one is refused by the other within milliseconds', async t => {
      const delays: number[] = []
      for (let round = 0; round < ROUNDS; round++) {
        const { token, refresh_token } = await logIn()
        t.equal(await films(token), 200)
        t.equal((await request(here, 'POST', '/users/v1/logout', { token })).status, 200)
        delays.push(await until(async () => (await films(token)) === 401, 1000))
        const rotation = await request(there, 'POST', '/users/v1/generate_tokens', { token: refresh_token })
        t.equal(rotation.status, 401)
      }
      t.comment(`refused by the other process ${delays.sort((a, b) => a - b).join(', ')} ms after the answer`)
    })

    await t.test('twenty parallel rotations of one token have one successor', async t => {
      const first = await logIn()
      const answers = await Promise.all(
        Array.from({ length: 20 }, (_, i) =>
          request(i % 2 ? here : there, 'POST', '/users/v1/generate_tokens', { token: first.refresh_token }),
        ),
      )
      t.same([...new Set(answers.map(({ status }) => status))], [200])
      t.equal(new Set(answers.map(({ body }) => body.refresh_token)).size, 1)
      await until(async () => (await films(first.token)) === 401, 1000)
      t.equal(await films(answers[0]?.body.token), 200)
    })
  },
)
