/** Every schema that has a name, for registration: validation, serialization and OpenAPI find it by its `$id`. */
import type { TSchema } from '@sinclair/typebox'
import * as apiError from './api-error.ts'
import * as auditEvents from './audit-events.ts'
import * as common from './common.ts'
import * as credentials from './credentials.ts'
import * as email from './email.ts'
import * as emailVerification from './email-verification.ts'
import * as films from './films.ts'
import * as generateTokens from './generate-tokens.ts'
import * as health from './health.ts'
import * as jwks from './jwks.ts'
import * as login from './login.ts'
import * as mailbox from './mailbox.ts'
import * as passkeys from './passkeys.ts'
import * as password from './password.ts'
import * as passwordForgotten from './password-forgotten.ts'
import * as passwordReset from './password-reset.ts'
import * as recoveryCodes from './recovery-codes.ts'
import * as resendVerificationEmail from './resend-verification-email.ts'
import * as sessions from './sessions.ts'
import * as signup from './signup.ts'
import * as totp from './totp.ts'
import * as users from './users.ts'
import * as validateCode from './validate-code.ts'
import * as webauthn from './webauthn.ts'
import * as welcome from './welcome.ts'

export const namedSchemas: TSchema[] = Object.values<unknown>({
  ...apiError,
  ...auditEvents,
  ...common,
  ...credentials,
  ...emailVerification,
  ...email,
  ...films,
  ...generateTokens,
  ...health,
  ...jwks,
  ...login,
  ...mailbox,
  ...passkeys,
  ...passwordForgotten,
  ...passwordReset,
  ...password,
  ...recoveryCodes,
  ...resendVerificationEmail,
  ...sessions,
  ...signup,
  ...totp,
  ...users,
  ...validateCode,
  ...webauthn,
  ...welcome,
}).filter((value): value is TSchema => typeof value === 'object' && value !== null && '$id' in value)
