import { type Static, Type } from '@sinclair/typebox'
import { oneOf } from './ref.ts'

const CheckStatus = oneOf(['up', 'down', 'absent'])

export const Readiness = Type.Object(
  {
    status: oneOf(['ok', 'degraded'], {
      description: '`degraded` means that a part which the service can do without, such as Redis, is down.',
    }),
    // Open: a plugin that adds a health check adds an entry.
    checks: Type.Unsafe<Record<string, Static<typeof CheckStatus>>>({
      type: 'object',
      additionalProperties: CheckStatus,
      description: 'One entry for each part of the service.',
      examples: [{ database: 'up', redis: 'absent', clock: 'up', revocations: 'up' }],
    }),
  },
  { $id: 'Readiness', additionalProperties: false },
)
