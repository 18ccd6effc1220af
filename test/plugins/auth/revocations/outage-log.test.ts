import { randomUUIDv7 } from 'node:crypto'
import t from 'tap'
import { build, environment, logIn } from '../../../support/app.ts'
import { until } from '../../../support/until.ts'

const MANY = 60_000

t.test('a database that is away is logged when that begins, also while a full reading is not due', async t => {
  const env = await environment(t, { LOG_LEVEL: 'info', REVOCATION_SYNC_SECONDS: '1' })
  const filling = await build(t, { ...env, LOG_LEVEL: 'silent' })
  const { user_id } = await logIn(filling)
  const now = Date.now()
  // The first reading takes so long that the next one is not due for several turns.
  for (let i = 0; i < MANY; i += 1000)
    await filling.db
      .insertInto('sessions')
      .values(
        Array.from({ length: 1000 }, () => ({
          id: randomUUIDv7(),
          user_id,
          generation: 1,
          created_at: now,
          rotated_at: now,
          expires_at: now + 1_000_000,
          revoked_at: now,
          changed_at: now,
          user_agent: null,
          ip: null,
        })),
      )
      .execute()
  const lines: string[] = []
  const app = await build(t, env, { write: line => void lines.push(JSON.parse(line).msg) })
  let attempts = 0
  const { sync } = app.revocations
  await app.db.destroy()
  await until(async () => {
    await sync().catch(() => attempts++)
    await new Promise(resolve => setTimeout(resolve, 500))
    return attempts >= 6
  })
  t.same(
    lines.filter(line => line.startsWith('revocation sync')),
    ['revocation sync failing'],
  )
})
