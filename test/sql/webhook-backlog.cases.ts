import { countWaitingDeliveries, waitingByWebhook } from '#sql/webhook-backlog.ts'
import { type SqlCases, uuid } from '../support/sql/cases.ts'

export default {
  statements: ({ db }) => ({
    waitingByWebhook: () => waitingByWebhook(db, [uuid(0), uuid(1)]),
    countWaitingDeliveries: () => countWaitingDeliveries(db),
  }),
} satisfies SqlCases
