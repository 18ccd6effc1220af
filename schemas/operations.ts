import { Type } from '@sinclair/typebox'
import { oneOf } from './ref.ts'

const Part = oneOf(['up', 'down', 'absent'])

export const Readiness = Type.Object(
  {
    status: oneOf(['ok', 'degraded'], {
      description: '`degraded`: Redis is away; the service goes on without it.',
    }),
    checks: Type.Object({ database: Part, redis: Part, revocations: Part }),
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
