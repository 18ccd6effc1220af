import { type Static, Type } from '@sinclair/typebox'
import { oneOf } from './ref.ts'

const CheckStatus = oneOf(['up', 'down', 'absent'])

export const Readiness = Type.Object(
  {
    status: oneOf(['ok', 'degraded'], {
      description: '`degraded`: a part that the service can do without is down, such as Redis.',
    }),
    // Open: a plugin that adds a health check adds an entry.
    checks: Type.Unsafe<Record<string, Static<typeof CheckStatus>>>({
      type: 'object',
      additionalProperties: CheckStatus,
      description: 'One entry for each part of the service.',
      examples: [{ database: 'up', redis: 'absent', revocations: 'up' }],
    }),
  },
  { $id: 'Readiness', additionalProperties: false },
)

export const Welcome = Type.Object(
  { name: Type.String(), version: Type.String(), documentation: Type.String(), openapi: Type.String() },
  { $id: 'Welcome', additionalProperties: false },
)

export const Jwks = Type.Object(
  {
    keys: Type.Array(
      Type.Object(
        { kid: Type.String(), kty: Type.String(), alg: Type.String(), use: Type.String() },
        { additionalProperties: true },
      ),
    ),
  },
  { $id: 'Jwks', additionalProperties: false },
)
