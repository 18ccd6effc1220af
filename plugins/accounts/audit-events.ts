// (no decorator) Deletes audit events after EVENTS_KEPT_DAYS. Changes of an account write them, in the same transaction.
import fp from 'fastify-plugin'
import { DAY_MS } from '#sql/expired-rows.ts'

export default fp(
  async app => {
    app.cleanUp.add({
      table: 'audit_events',
      key: 'id',
      time: 'created_at',
      retentionMs: app.config.EVENTS_KEPT_DAYS * DAY_MS,
    })
  },
  { name: 'audit-events', dependencies: ['clean-up', 'config'] },
)
