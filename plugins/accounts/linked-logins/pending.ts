import { NO_PASSWORD, type User } from '#sql/users.ts'

/** Signed up by a provider that named no usable address, with one that nobody has verified yet. Nothing but the provider's login is in the account. */
export function isPending({ email_verified, last_login_at, owner_proved_at, password_hash }: User): boolean {
  return !email_verified && last_login_at === null && owner_proved_at === null && password_hash === NO_PASSWORD
}
