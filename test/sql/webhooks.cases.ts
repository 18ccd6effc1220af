import { transaction } from '#sql/connection/transaction.ts'
import {
  askAtOnce,
  clearFailures,
  countWebhooks,
  deleteWebhook,
  disableWebhook,
  findWebhook,
  hasEnabledWebhook,
  insertWebhook,
  listEnabledWebhooks,
  listReadyWebhooks,
  listWebhooks,
  lockWebhook,
  noteFailure,
  postponeWebhook,
  reencryptWebhook,
  updateWebhook,
  type WebhookRow,
} from '#sql/webhooks.ts'
import { type SqlCases, uuid } from '../support/sql/cases.ts'

const row: WebhookRow = {
  id: uuid(1_000_001),
  url: 'https://crm.example/',
  description: '',
  types: '["*"]',
  format: 'standard-webhooks',
  audience: null,
  enabled: 0,
  disabled_because: null,
  secrets: 'x',
  previous_secret_expires_at: null,
  since_position: 0,
  failures: 0,
  failing_since: null,
  retry_at: 0,
  created_at: 0,
  updated_at: 0,
}

export default {
  table: 'webhooks',
  small: true,
  statements: ({ db, now }) => ({
    insertWebhook: () => transaction(db, tx => insertWebhook(tx, row)),
    findWebhook: () => findWebhook(db, row.id),
    lockWebhook: () => transaction(db, tx => lockWebhook(tx, row.id)),
    listWebhooks: async () => {
      await listWebhooks(db, 20)
      await listWebhooks(db, 20, row.id)
    },
    listEnabledWebhooks: () => listEnabledWebhooks(db),
    hasEnabledWebhook: () => hasEnabledWebhook(db),
    countWebhooks: () => countWebhooks(db),
    listReadyWebhooks: () => listReadyWebhooks(db, now),
    updateWebhook: () => transaction(db, tx => updateWebhook(tx, row, { description: 'y' })),
    reencryptWebhook: () => reencryptWebhook(db, row, 'y'),
    clearFailures: () => clearFailures(db, row.id),
    askAtOnce: () => transaction(db, tx => askAtOnce(tx, row.id)),
    noteFailure: () => transaction(db, tx => noteFailure(tx, row.id)),
    postponeWebhook: () => transaction(db, tx => postponeWebhook(tx, row, now, now + 1000)),
    disableWebhook: () => transaction(db, tx => disableWebhook(tx, row.id, 'gone')),
    deleteWebhook: () => transaction(db, tx => deleteWebhook(tx, row.id)),
  }),
} satisfies SqlCases
