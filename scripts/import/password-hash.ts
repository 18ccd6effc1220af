/** The password hash of an imported user. */
import type { ForeignHashKind } from '#sql/foreign-hashes.ts'
import { NO_PASSWORD } from '#sql/users.ts'
import { parseForeign } from '../../plugins/auth/passwords/foreign/index.ts'
import { fromKeycloak, isCredential } from './keycloak.ts'

/** Django's and LDAP servers' marks of an account without a usable password. */
const UNUSABLE = /^(?:[!*].*|)$/s

const FIREBASE = '$fbscrypt$'
/** Supabase stores Firebase's signer key in every hash. */
const SIGNER_KEY = /,sk=([A-Za-z0-9+/]+=*)(?=\$)/

export interface ImportedHash {
  password_hash: string
  /** Undefined for users without a password. */
  kind?: ForeignHashKind
}

/**
 * @param signerKeys Firebase's, in base64
 * @throws with the reason of the rejection
 */
export function importedHash(value: unknown, signerKeys: string[]): ImportedHash {
  if (value === undefined) throw new Error('password_hash is missing: null is for users without a password')
  if (value === null) return { password_hash: NO_PASSWORD }
  const text = isCredential(value) ? fromKeycloak(value) : value
  if (typeof text !== 'string') throw new Error('password_hash must be string')
  const trimmed = text.trim()
  if (UNUSABLE.test(trimmed)) return { password_hash: NO_PASSWORD }
  const password_hash = trimmed.startsWith(FIREBASE) ? withoutSignerKey(trimmed, signerKeys) : trimmed
  const parsed = parseForeign(password_hash)
  if (!parsed) throw new Error('password_hash is not of a kind that can be verified: see docs/migrate.md')
  const { excess, algorithm, work, sample } = parsed
  if (excess) throw new Error(`password_hash costs more than a login may: ${excess}`)
  return { password_hash, kind: { algorithm, work, sample } }
}

/** The signer key is a setting, and not stored in any row. */
function withoutSignerKey(hash: string, signerKeys: string[]): string {
  const [, signerKey] = SIGNER_KEY.exec(hash) ?? []
  const known = signerKey === undefined ? signerKeys.length > 0 : signerKeys.includes(signerKey)
  if (!known) throw new Error('password_hash is from Firebase: set FIREBASE_SIGNER_KEY to the base64_signer_key')
  return hash.replace(SIGNER_KEY, '')
}
