/** Change events of accounts: the user, the ways to log in, second factors and sessions. */
import { Type } from '@sinclair/typebox'
import { changedFields, changeEvent, thingId } from './change-event.ts'
import { uuid } from './common.ts'

const changed = changedFields

export const PersonCreatedEvent = changeEvent(
  'person.created',
  'Somebody signed up, was imported, or logged in through a provider for the first time.',
  {},
)
export const PersonUpdatedEvent = changeEvent(
  'person.updated',
  'Something of an account changed that the API shows: profile, e-mail address, role, picture, whether it is disabled.',
  { changed },
)
export const PersonDeletedEvent = changeEvent(
  'person.deleted',
  'An account was deleted with everything in it. Nothing but its sessions has events of its own then; earlier events of the account are deleted.',
  {},
)

const loginMethod = {
  id: thingId('The login method; `password` is the password.'),
  provider: Type.String({
    description: '`password`, `passkey`, or the key of the provider.',
    examples: ['passkey'],
  }),
}

export const LoginMethodCreatedEvent = changeEvent(
  'login_method.created',
  'An account got a password, a passkey, or a linked provider.',
  loginMethod,
)
export const LoginMethodUpdatedEvent = changeEvent(
  'login_method.updated',
  'A password was changed or reset, or a passkey renamed.',
  { ...loginMethod, changed: Type.Optional(changed) },
)
export const LoginMethodDeletedEvent = changeEvent(
  'login_method.deleted',
  'A password, a passkey or a linked provider was removed.',
  loginMethod,
)

const otpMethod = { id: thingId('Always `totp`: an account has one authenticator app at most.', 'totp') }

export const OtpMethodCreatedEvent = changeEvent('otp_method.created', 'An authenticator app was enabled.', otpMethod)
export const OtpMethodUpdatedEvent = changeEvent(
  'otp_method.updated',
  'The authenticator app was replaced by another one.',
  otpMethod,
)
export const OtpMethodDeletedEvent = changeEvent(
  'otp_method.deleted',
  'The authenticator app was disabled, or removed by an administrator.',
  otpMethod,
)

const recoveryCodes = {
  id: thingId('Always `recovery_codes`: they are one set.', 'recovery_codes'),
  left: Type.Integer({ minimum: 0, description: 'How many codes are left.', examples: [10] }),
}

export const RecoveryCodeCreatedEvent = changeEvent(
  'recovery_code.created',
  'An account got new recovery codes, in place of earlier ones.',
  recoveryCodes,
)
export const RecoveryCodeUpdatedEvent = changeEvent(
  'recovery_code.updated',
  'A recovery code was used, or the codes were removed with the last second factor.',
  recoveryCodes,
)

const session = { id: thingId('The session.') }
const application = { client_id: Type.Optional(uuid('The application that the session was opened for, if any.')) }

export const SessionCreatedEvent = changeEvent('session.created', 'A user logged in, or connected an application.', {
  ...session,
  ...application,
})
export const SessionDeletedEvent = changeEvent(
  'session.deleted',
  'A session was ended: logout, another device, an administrator, a change of the password, a stolen token. None tells of a session that expires, nor of all at once (`npm run revoke -- --all`).',
  session,
)
