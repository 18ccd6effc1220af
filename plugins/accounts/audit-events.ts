// (no decorator) Deletes audit events after EVENTS_KEPT_DAYS. Changes of an account write them, in the same transaction.
import fp from 'fastify-plugin'

const DAY_MS = 86_400_000

export default fp(
  async app => {
    app.cleanUp.add({
      table: 'audit_events',
      key: 'id',
      time: 'created_at',
      retention: app.config.EVENTS_KEPT_DAYS * DAY_MS,
    })
  },
  { name: 'audit-events', dependencies: ['clean-up', 'config'] },
)
