import type { Social } from '../../auth/social/configured.ts'
import type { ProviderIdentity } from '../../auth/social/types.ts'

/** An identity as a notice names it. */
export function describe(
  { provider, email, name }: Pick<ProviderIdentity, 'provider' | 'email' | 'name'>,
  { nameOf }: Pick<Social, 'nameOf'>,
): string {
  const who = email ?? name
  return (who ? `${nameOf(provider)} (${who})` : nameOf(provider)).slice(0, 255).toWellFormed()
}
