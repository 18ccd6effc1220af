/** Parses a line of an import into a user. */
import { Type } from '@sinclair/typebox'
import { Email } from '#schemas/email.ts'
import { AccessRole, profileUpdate } from '#schemas/users.ts'
import type { NewUser } from '#sql/imports.ts'
import { isImportable } from '../plugins/auth/passwords/foreign.ts'
import { LINE_MAX_LENGTH, type Line } from './lines.ts'
import { validator } from './validator.ts'

const DATE_OR_TIME =
  '^[0-9]{4}-[0-9]{2}-[0-9]{2}(T[0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]+)?)?(Z|[+-][0-9]{2}:[0-9]{2})?)?$'

const ImportedUser = Type.Object(
  {
    email: Email,
    password_hash: Type.String({ minLength: 1, maxLength: 255 }),
    email_verified: Type.Optional(Type.Boolean()),
    created: Type.Optional(Type.String({ maxLength: 40, pattern: DATE_OR_TIME })),
    ...profileUpdate,
    access_role: Type.Optional(AccessRole),
    disabled: Type.Optional(Type.Boolean()),
  },
  { additionalProperties: false },
)

const check = validator(ImportedUser)
/** Rejects invalid UTF-8: replacement characters would damage names for good. Drops a byte order mark. */
const utf8 = new TextDecoder('utf-8', { fatal: true })

/**
 * @returns undefined for an empty line
 * @throws with the reason of the rejection
 */
export function userOf({ bytes }: Line): NewUser | undefined {
  if (!bytes) throw new Error(`the line is longer than ${LINE_MAX_LENGTH} bytes`)
  const text = decode(bytes)
  if (text.trim() === '') return undefined
  const { disabled = false, email_verified = false, created, access_role = 'basic', ...rest } = check(parse(text))
  if (!isImportable(rest.password_hash)) throw new Error('password_hash must be argon2, bcrypt or scrypt')
  return {
    ...rest,
    access_role,
    disabled: disabled ? 1 : 0,
    email_verified: email_verified ? 1 : 0,
    created_at: created === undefined ? Date.now() : timeOf(created),
  }
}

function decode(bytes: Buffer): string {
  try {
    return utf8.decode(bytes)
  } catch {
    throw new Error('the line must be UTF-8')
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new Error('the line must be JSON')
  }
}

/** Without an offset it is UTC on every machine, where JavaScript would use local time. Rejects dates such as the 30th of February. */
function timeOf(created: string): number {
  const [day = '', time = ''] = created.split('T')
  const midnight = new Date(`${day}T00:00Z`)
  const at = Date.parse(time === '' || /(Z|[+-]\d{2}:\d{2})$/.test(time) ? created : `${created}Z`)
  const wrong = Number.isNaN(at) || Number.isNaN(midnight.getTime()) || !midnight.toISOString().startsWith(day)
  if (wrong) throw new Error('created must be a date')
  return at
}
