import { transaction } from '#sql/connection/transaction.ts'
import {
  addDeliveries,
  claimDelivery,
  type DeliveryRow,
  forgetDeliveries,
  listDeliveries,
  listDueDeliveries,
  rescheduleLaterDeliveries,
  retryDelivery,
  settleDelivery,
} from '#sql/webhook-deliveries.ts'
import { DAY_MS, type SqlCases, userId, uuid } from '../support/sql/cases.ts'

export default {
  table: 'webhook_deliveries',
  row: (n, now) => ({
    id: uuid(n),
    webhook_id: uuid(n % 50),
    event_id: uuid(n),
    user_id: userId(n % 500),
    type: 'person.updated',
    subject: String(n % 500),
    position: n,
    body: '{}',
    status: n % 40 === 0 ? 'pending' : 'delivered',
    created_at: n % 100 === 0 ? now - 40 * DAY_MS : now,
    due_at: now,
    gives_up_at: now + DAY_MS,
  }),
  statements({ db, now }) {
    const read = async (n: number) =>
      (await db
        .selectFrom('webhook_deliveries')
        .selectAll()
        .where('id', '=', uuid(n))
        .executeTakeFirst()) as DeliveryRow
    return {
      addDeliveries: () =>
        transaction(db, tx =>
          addDeliveries(tx, [
            { webhook_id: uuid(1), event_id: uuid(1_000_070), type: 'x', subject: '1', position: 1, body: '{}' },
          ]),
        ),
      forgetDeliveries: () => transaction(db, tx => forgetDeliveries(tx, userId(27))),
      listDueDeliveries: () => listDueDeliveries(db, uuid(0), now, 4),
      claimDelivery: async () => claimDelivery(db, await read(40), now + 1000),
      settleDelivery: async () => {
        await settleDelivery(db, await read(80), { response_status: 500, error: 'x', due_at: now })
        await settleDelivery(db, await read(80), { response_status: null, error: null, status: 'delivered' })
      },
      rescheduleLaterDeliveries: async () => {
        const seen = await read(120)
        await transaction(db, tx => rescheduleLaterDeliveries(tx, seen, now + 1000))
      },
      listDeliveries: async () => {
        await listDeliveries(db, { webhook_id: uuid(1) }, 20)
        await listDeliveries(db, { webhook_id: uuid(1), status: 'failed' }, 20, uuid(900))
      },
      retryDelivery: () => transaction(db, tx => retryDelivery(tx, { id: uuid(41), webhook_id: uuid(41) })),
    }
  },
} satisfies SqlCases
