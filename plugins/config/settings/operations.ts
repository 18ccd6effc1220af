/** Logs, and how long rows are kept. */
import { Type } from '@sinclair/typebox'
import { oneOf } from '#schemas/ref.ts'
import { seconds } from '../types.ts'

declare module '../schema.ts' {
  interface Topics {
    operations: typeof operations
  }
}

export const operations = {
  LOG_LEVEL: oneOf(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'], {
    default: 'info',
    description: 'Minimum level to log: `fatal` … `trace`, or `silent`. Successful reads are logged at `debug`',
  }),
  LOG_LEVEL_FORMAT: oneOf(['number', 'name'], {
    default: 'number',
    description:
      "How `level` stands in log lines: pino's `number` (30) or its `name` (`info`), which most log collectors expect",
  }),
  METRICS_TOKEN: Type.Optional(
    Type.String({
      minLength: 1,
      description:
        'Bearer token that `/metrics` requires: 32 characters or more. Unset: `/metrics` is public, and does not exist in production',
    }),
  ),
  CLEAN_UP_SECONDS: seconds(3600, 1, 'How often expired rows are deleted, on one instance at a time'),
  EVENTS_KEPT_DAYS: Type.Integer({
    default: 365,
    minimum: 1,
    maximum: 36_500,
    description: "Retention of an account's security history (days)",
  }),
  CHANGE_EVENTS_KEPT_DAYS: Type.Integer({
    default: 7,
    minimum: 1,
    maximum: 3650,
    description: 'Retention of change events (days): whoever reads them must not be away for longer',
  }),
}
