/** Every schema that has a name, for registration: validation, serialisation and OpenAPI find it by its `$id`. */
import type { TSchema } from '@sinclair/typebox'
import * as common from './common.ts'
import * as films from './films.ts'
import * as users from './login.ts'
import * as mailbox from './mailbox.ts'
import * as mfa from './mfa.ts'
import * as operations from './operations.ts'
import * as passkeys from './passkeys.ts'
import * as passwords from './passwords.ts'
import * as sessions from './sessions.ts'
import * as profiles from './users.ts'
import * as webauthn from './webauthn.ts'

export const namedSchemas: TSchema[] = Object.values<unknown>({
  ...common,
  ...films,
  ...mailbox,
  ...mfa,
  ...operations,
  ...passkeys,
  ...passwords,
  ...profiles,
  ...sessions,
  ...users,
  ...webauthn,
}).filter((value): value is TSchema => typeof value === 'object' && value !== null && '$id' in value)
