import type { User } from '#schemas/users.ts'
import type { User as UserRow } from '#sql/users.ts'

export function serialize(row: UserRow): User {
  return {
    id: row.id,
    email: row.email,
    access_role: row.access_role,
    email_verified: row.email_verified === 1,
    disabled: row.disabled === 1,
    created: new Date(row.created_at).toISOString(),
    first_name: row.first_name,
    last_name: row.last_name,
    phone_number: row.phone_number,
    address: row.address,
    national_id: row.national_id,
    locale: row.locale,
    mfa_enabled: row.mfa_enabled === 1,
    avatar_url: row.avatar_url,
  }
}
