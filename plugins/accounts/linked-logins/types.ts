import type { MfaChallenge } from '#schemas/login.ts'
import type { LoginMethod } from '#schemas/login-methods.ts'
import type { User } from '#sql/users.ts'
import type { OpenedSession } from '../../auth/login/open-session.ts'
import type { Consume } from '../../auth/mfa/types.ts'
import type { ChangeCaller } from '../../auth/sessions/assert-caller.ts'
import type { ProviderIdentity } from '../../auth/social/types.ts'
import type { StepUp } from '../../auth/step-up/authenticate.ts'
import type { Client } from '../../http/client.ts'

export interface LinkedLogins {
  /** Whether any provider is configured: otherwise there are no routes. */
  enabled: boolean
  /**
   * Logs in whom the identity belongs to. An identity nobody has is linked to the account with the same proved address, or gets an account of its own.
   * @param useUp marks the provider's response as used, in the transaction of what it allows; throws if it was
   * @throws emailRequired with a `signup_token`, accountDisabled, emailUnverified, userAlreadyLoggedIn, tooManyLinkedLogins; what `useUp` throws
   */
  logIn(identity: ProviderIdentity, client: Client, useUp: Consume): Promise<OpenedSession | MfaChallenge>
  /**
   * Links the identity to the caller's account. Other sessions of the user end.
   * @param stepUp the caller's recent authentication
   * @throws loginMethodTaken, tooManyLinkedLogins, tokenInvalid, reauthenticationRequired; what `useUp` throws
   */
  link(
    identity: ProviderIdentity,
    caller: ChangeCaller,
    client: Client,
    stepUp: StepUp | null,
    useUp: Consume,
  ): Promise<void>
  /**
   * Signs up whom a provider named no usable e-mail for. The address is verified by mail, as after any sign-up; until then another one can be given.
   * @param signupToken as in the details of emailRequired
   * @throws tokenInvalid, tokenExpired, loginMethodTaken; userAlreadyExists unless HIDE_ACCOUNTS
   */
  signUp(signupToken: string, email: string, client: Client): Promise<void>
  /**
   * A login at the provider as the user's proof of being present: uses it up.
   * @returns what throws loginMethodNotFound if the identity does not belong to the user; what `useUp` throws
   */
  confirms(userId: User['id'], identity: ProviderIdentity, useUp: Consume): Consume
  /** @throws loginMethodNotFound if the identity does not belong to the user */
  requireLinked(userId: User['id'], identity: ProviderIdentity): Promise<void>
  list(userId: User['id']): Promise<LoginMethod[]>
  /** Keys of the providers by which the user can log in as they are configured now. A key that had another issuer does not count. */
  providersOf(userId: User['id']): Promise<string[]>
  /** The id of the only way to log in, which cannot be removed; undefined if there are several. */
  onlyOneOf(userId: User['id']): Promise<LoginMethod['id'] | undefined>
  /**
   * Removes a way to log in: the password, a passkey, or what was linked. Other sessions of the user end.
   * @throws loginMethodNotFound, lastLoginMethod
   */
  remove(id: string, caller: ChangeCaller, client: Client, stepUp: StepUp | null): Promise<void>
  /**
   * Removes a passkey, the last way to log in excepted. Other sessions of the user end.
   * @throws notFound, lastLoginMethod
   */
  removePasskey(id: string, caller: ChangeCaller, client: Client, stepUp: StepUp | null): Promise<void>
}
