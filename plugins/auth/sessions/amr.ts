/** How a session's user authenticated: the claim `amr`. @see https://www.rfc-editor.org/rfc/rfc8176#section-2 */
import type { Passkey } from '#sql/passkeys.ts'

export type Amr = readonly ('pwd' | 'otp' | 'hwk' | 'swk' | 'user' | 'mfa' | 'fed')[]

export const PASSWORD_AMR: Amr = ['pwd']
/** After the first factor. A recovery code is a one-time password too. */
export const withOtp = (first: Amr): Amr => [...first, 'otp', 'mfa']

/** By a provider. The registry has no value for it; this is the customary one. */
export const FEDERATED_AMR: Amr = ['fed']

/** A passkey that can be synchronized is a key in software; the authenticator has verified its user. */
export function passkeyAmr({ device_type }: Pick<Passkey, 'device_type'>): Amr {
  return [device_type === 'multiDevice' ? 'swk' : 'hwk', 'user', 'mfa']
}
