// Whoever revokes by a long transaction, an operator's by hand or a statement over millions of rows, commits long after the times that it wrote.
import { createConnection } from 'mysql2/promise'
import t from 'tap'
import { build, environment, logIn, REAL } from '../support/app.ts'
import { films } from '../support/faults.ts'
import { dead } from '../support/session.ts'
import { until } from '../support/until.ts'

const skip = REAL ? false : 'transactions beside the service’s are of the real profile'

t.test(
  'a revocation that commits a minute after its statement ran reaches every instance when everything is read again',
  { skip },
  async t => {
    // One instance sends the mails.
    const env = await environment(t, { REVOCATION_SYNC_SECONDS: '1', REDIS_URL: '' })
    const app = await build(t, env)
    const instances = [app, await build(t, env)]
    const tokens = await logIn(app)
    const operator = await createConnection(env.DATABASE_URL ?? '')
    t.teardown(() => operator.destroy())
    // What its clock shows is the time of its statement: as if that had begun a minute ago.
    await operator.query('SET SESSION timestamp = UNIX_TIMESTAMP() - 60')
    await operator.query('START TRANSACTION')
    await operator.query(
      'UPDATE sessions SET revoked_at = UNIX_TIMESTAMP() * 1000, changed_at = UNIX_TIMESTAMP() * 1000 WHERE revoked_at IS NULL',
    )
    for (const instance of instances) await instance.revocations.sync()
    for (const instance of instances) t.equal(await films(instance, tokens), '200', 'not committed yet')
    await operator.query('COMMIT')
    // Everything is read again after 50 times as long as the first reading took: on a busy machine, that is seconds.
    const took = await until(async () => {
      const answers = await Promise.all(instances.map(instance => films(instance, tokens)))
      return answers.every(answer => answer === '401 token-invalid')
    }, 20_000)
    t.comment(`heard of after ${took} ms`)
    for (const instance of instances) t.ok(await dead(instance, tokens))
  },
)
