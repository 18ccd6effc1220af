/** Parses a line of an import into a user. */
import { type TSchema, Type } from '@sinclair/typebox'
import { Email } from '#schemas/email.ts'
import { AccessRole, profileUpdate } from '#schemas/users.ts'
import type { ForeignHashKind } from '#sql/foreign-hashes.ts'
import type { NewUser } from '#sql/imports.ts'
import type { ToE164 } from '../../plugins/accounts/phone-numbers/e164.ts'
import { validator } from '../validator.ts'
import { objectOf } from './line.ts'
import type { Line } from './lines.ts'
import { mendFlag, mendInteger, mendLines, mendText, withoutEmpty } from './mend.ts'
import { importedHash } from './password-hash.ts'
import { timeOf } from './time.ts'

export interface ImportedUser {
  user: NewUser
  /** The kind of the password hash. Undefined without a password. */
  kind?: ForeignHashKind
  /** Optional fields that cannot be used. */
  dropped: Dropped[]
}

export interface Dropped {
  field: string
  reason: string
}

/** New ids continue from the highest one: enough must be left. */
const ID_MAX = 1e12

/** These fields decide who can log in, and with which rights: invalid values reject the line. */
const checkAccess = validator(
  Type.Object(
    {
      email: Email,
      email_verified: Type.Optional(Type.Boolean()),
      disabled: Type.Optional(Type.Boolean()),
      access_role: Type.Optional(AccessRole),
    },
    { additionalProperties: false },
  ),
)

/** These fields describe a person: values are converted, or left out. */
const profileFields = Object.entries(profileUpdate).map(([field, schema]) => ({
  field,
  mend: field === 'address' ? mendLines : mendText,
  check: validator<TSchema>(Type.Object({ [field]: schema })),
}))

/**
 * @returns undefined for an empty line
 * @throws with the reason of the rejection
 */
export function userOf(line: Line, signerKeys: string[], toE164: ToE164): ImportedUser | undefined {
  const object = objectOf(line)
  if (!object) return undefined
  const { password_hash, ...record } = object
  const { created, id, ...known } = withoutEmpty(record)
  const dropped: Dropped[] = []
  const profile = profileOf(known, dropped)
  for (const { field } of profileFields) delete known[field]
  const { email, email_verified, disabled, access_role = 'basic' } = checkAccess(mendAccess(known))
  const hash = importedHash(password_hash, signerKeys)
  return {
    user: {
      ...idOf(id, dropped),
      ...profile,
      phone_e164: toE164(profile.phone_number),
      email,
      password_hash: hash.password_hash,
      access_role,
      disabled: disabled ? 1 : 0,
      email_verified: email_verified ? 1 : 0,
      // The system they come from vouches for the owner too: a reset by mail removes no second factor.
      owner_proved_at: email_verified ? Date.now() : null,
      created_at: createdAt(created, dropped),
    },
    ...(hash.kind && { kind: hash.kind }),
    dropped,
  }
}

function mendAccess({ email, email_verified, disabled, ...rest }: Record<string, unknown>) {
  return {
    ...rest,
    email: typeof email === 'string' ? email.trim() : email,
    ...(email_verified !== undefined && { email_verified: mendFlag(email_verified) }),
    ...(disabled !== undefined && { disabled: mendFlag(disabled) }),
  }
}

function profileOf(record: Record<string, unknown>, dropped: Dropped[]): Partial<NewUser> {
  const profile: Record<string, unknown> = {}
  for (const { field, mend, check } of profileFields) {
    if (record[field] === undefined) continue
    try {
      Object.assign(profile, check({ [field]: mend(record[field]) }))
    } catch (error) {
      dropped.push({ field, reason: (error as Error).message })
    }
  }
  return profile
}

function idOf(value: unknown, dropped: Dropped[]): { id?: number } {
  const id = mendInteger(value)
  if (id === undefined) return {}
  if (typeof id === 'number' && Number.isInteger(id) && id > 0 && id <= ID_MAX) return { id }
  dropped.push({ field: 'id', reason: `id must be a whole number from 1 to ${ID_MAX}` })
  return {}
}

function createdAt(created: unknown, dropped: Dropped[]): number {
  const time = created === undefined ? Date.now() : timeOf(created)
  if (time === undefined) dropped.push({ field: 'created', reason: 'created must be a date' })
  return time ?? Date.now()
}
