import type { User } from '#schemas/users.ts'
import type { User as UserRow } from '#sql/users.ts'

/** @param publicUrl what precedes the paths of ours that the database holds */
export function serialize(row: UserRow, publicUrl: string): User {
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
    avatar_url: avatarUrl(row, publicUrl),
  }
}

export function avatarUrl({ avatar_url }: Pick<UserRow, 'avatar_url'>, publicUrl: string): string | null {
  return avatar_url === null ? null : publicUrl + avatar_url
}
