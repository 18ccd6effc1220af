import type { Transaction } from 'kysely'
import type { Passkey } from '#schemas/passkeys.ts'
import type { Attestation, PasskeyCreationOptions } from '#schemas/webauthn.ts'
import type { AuditEventKind } from '#sql/audit-events.ts'
import type { MailTemplate } from '#sql/outbox.ts'
import type { Tables } from '#sql/tables.ts'
import type { User } from '#sql/users.ts'
import type { ChangeCaller } from '../../auth/sessions/assert-caller.ts'
import type { StepUp } from '../../auth/step-up/authenticate.ts'
import type { Client } from '../../http/client.ts'

/**
 * Changes the caller's own second factors and ends their other sessions.
 * @param kind names the audit event and the notice
 * @param work gets the caller's row, locked
 * @param stepUp the caller's authentication, unless `work` uses up what it allowed earlier
 * @throws tokenInvalid if the session has ended meanwhile; mfaRequired if an administrator would be left without; what `work` throws
 */
export type Change = <Result>(
  caller: ChangeCaller,
  client: Client,
  kind: AuditEventKind & MailTemplate,
  work: (tx: Transaction<Tables>, user: User) => Promise<Result>,
  stepUp?: StepUp | null,
) => Promise<Result>

export interface TotpFactor {
  /** Generates a secret, which waits in the caller's session to be confirmed by `enable`. */
  start(caller: ChangeCaller, client: Client, stepUp: StepUp | null): Promise<{ secret: string; uri: string }>
  /**
   * Confirms that the caller's app has the pending secret.
   * @returns ten recovery codes, to be shown once; they replace any earlier ones
   * @throws notFound if no secret is waiting; otpInvalid
   */
  enable(caller: ChangeCaller, client: Client, otp: string): Promise<string[]>
  /** @throws notFound if it is not enabled */
  disable(caller: ChangeCaller, client: Client, stepUp: StepUp | null): Promise<void>
}

export interface PasskeyFactor {
  /** Options for `navigator.credentials.create`. @throws tooManyPasskeys */
  creationOptions(caller: ChangeCaller, client: Client, stepUp: StepUp | null): Promise<PasskeyCreationOptions>
  /**
   * Stores the passkey that an authenticator made with these options.
   * @returns ten recovery codes besides, to be shown once, if it is the account's first second factor
   * @throws passkeyInvalid, tooManyPasskeys
   */
  register(
    caller: ChangeCaller,
    client: Client,
    made: { credential: Attestation; name?: string | null },
  ): Promise<{ passkey: Passkey; recovery_codes?: string[] }>
  /** @param name null for none @throws notFound if the caller has no such passkey */
  rename(caller: ChangeCaller, client: Client, passkey: { id: string; name: string | null }): Promise<Passkey>
}
