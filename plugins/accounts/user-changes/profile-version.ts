import { createHash } from 'node:crypto'
import type { User } from '#schemas/users.ts'

type Profile = Pick<User, 'first_name' | 'last_name' | 'phone_number' | 'address' | 'national_id'>

/** Changes whenever the profile does: tells whether a form was opened before the last change. */
export function profileVersion({ first_name, last_name, phone_number, address, national_id }: Profile): string {
  const profile = JSON.stringify([first_name, last_name, phone_number, address, national_id])
  return createHash('sha256').update(profile).digest('base64url')
}
