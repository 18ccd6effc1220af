// A receiver that takes nothing for a day leaves a backlog: looking for what is due, each second, and the metrics must not read its rows.
import { CompiledQuery, sql } from 'kysely'
import t from 'tap'
import { openDatabase } from '#sql/connection/database.ts'
import { slices } from '#sql/connection/slices.ts'
import { firstIdAt } from '#sql/time-ids.ts'
import { countWaitingDeliveries } from '#sql/webhook-backlog.ts'
import { listDueDeliveries } from '#sql/webhook-deliveries.ts'
import { administrator, build, environment, REAL } from '../support/app.ts'
import { uuid } from '../support/sql/cases.ts'
import { statementsOf } from '../support/sql/statements.ts'
import { createWebhook } from '../support/webhooks.ts'

const BACKLOG = 20_000
const DUE = 8

const env = await environment(t)
const app = await build(t, env)
const db = await openDatabase(env.DATABASE_URL ?? '')
t.teardown(() => db.destroy())
const now = Date.now()

const { token } = await administrator(app)
const { id: webhook_id } = await createWebhook(app, token, 'https://crm.example/')
// Nothing is sent.
await db
  .updateTable('webhooks')
  .set({ retry_at: now + 86_400_000 })
  .execute()
const backlog = Array.from({ length: BACKLOG }, (_, n) => ({
  id: firstIdAt(now - BACKLOG + n),
  webhook_id,
  event_id: uuid(n),
  type: 'person.updated',
  subject: `${n % 5000}`,
  position: n,
  body: '{}',
  status: 'pending' as const,
  created_at: now - BACKLOG + n,
  due_at: n < BACKLOG - DUE ? now + 1000 : now - 1000,
  gives_up_at: now + 86_400_000,
}))
for (const rows of slices(backlog, 2000)) await db.insertInto('webhook_deliveries').values(rows).execute()
if (REAL) await sql`analyze table webhook_deliveries`.execute(db)

/** How the database reads a table, or the index of it, as it says itself. */
async function plansOf(run: () => Promise<unknown>): Promise<string[]> {
  const plans: string[] = []
  for (const { sql: text, parameters } of await statementsOf(db, run)) {
    const explain = CompiledQuery.raw(`explain ${REAL ? 'format=traditional ' : 'query plan '}${text}`, [...parameters])
    const { rows } = await db.executeQuery<Record<string, unknown>>(explain)
    plans.push(...rows.map(row => (REAL ? JSON.stringify(row) : String(row.detail))))
  }
  return plans
}

t.test('what is due is found by its time, in order, without sorting', async t => {
  const plans = await plansOf(() => listDueDeliveries(db, webhook_id, now, 4))
  t.match(plans[0], REAL ? /"type":"range".*"key":"webhook_deliveries_due"/ : /webhook_deliveries_due \(.*due_at</)
  t.notMatch(plans.join(), /filesort|TEMP B-TREE/)
})

t.test('what waits, and since when, is read from an index alone', async t => {
  const run = () => countWaitingDeliveries(db)
  t.same(await run(), { waiting: BACKLOG, oldest_created_at: backlog[0]?.created_at })
  const plans = await plansOf(run)
  const isOfDeliveries = REAL ? /"table":"webhook_deliveries"/ : / webhook_deliveries /
  const [plan = '', ...others] = plans.filter(plan => isOfDeliveries.test(plan))
  t.match(
    plan,
    REAL
      ? /"key":"webhook_deliveries_(status|due)".*Using index(?! condition)/
      : /COVERING INDEX webhook_deliveries_(status|due)/,
  )
  t.same(others, [])
  t.notMatch(plans.join(), /filesort|TEMP B-TREE/)
})
