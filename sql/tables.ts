/** The tables as types. Times are milliseconds since 1970 (UTC); ids are UUIDv7 in text form. */
import type { Generated } from 'kysely'

export type AccessRole = 'basic' | 'admin'

/** SQLite and MySQL both keep booleans as 0 and 1. */
export type Flag = 0 | 1

export interface UsersTable {
  id: string
  /** Normalised: lower-case, its domain in ASCII form. */
  email: string
  /** An argon2id string in PHC form. */
  password_hash: string
  access_role: AccessRole
  email_verified: Generated<Flag>
  disabled: Generated<Flag>
  created_at: number
  updated_at: number
  last_login_at: number | null
  /** A proved TOTP secret or a passkey is there: the password alone opens nothing. */
  mfa_enabled: Generated<Flag>
  first_name: Generated<string | null>
  last_name: Generated<string | null>
  phone_number: Generated<string | null>
  address: Generated<string | null>
  national_id: Generated<string | null>
  avatar_url: Generated<string | null>
}

export interface SessionsTable {
  id: string
  user_id: string
  /** Counts the rotations. A token of a lower generation is dead. */
  generation: number
  created_at: number
  rotated_at: number
  /** The end that no rotation moves. */
  expires_at: number
  revoked_at: number | null
  /** When `generation` or `revoked_at` last changed, by the database's clock: what the revocation sync reads. */
  changed_at: number
  user_agent: string | null
  ip: string | null
}

export interface OneTimeTokensTable {
  /** SHA-256 of the token in hexadecimal: the token itself is only ever in the mail. */
  token_hash: string
  user_id: string
  purpose: OneTimeTokenPurpose
  /** The mail that carries the token. A mail that had to be sent twice leaves two good tokens. */
  outbox_id: string
  created_at: number
  expires_at: number
}

export type OneTimeTokenPurpose = 'email-verification' | 'email-change' | 'password-reset'

export interface OutboxTable {
  id: string
  template: MailTemplate
  /** Absent where a mail is asked for by address alone; the worker finds out whose it is. */
  user_id: string | null
  recipient: string
  created_at: number
  /** Not before this time. A claim moves it ahead, so that a killed worker's mail is taken up again. */
  due_at: number
  attempts: Generated<number>
  last_error: string | null
  /** sent, dropped (no longer wanted) or parked (given up); null while it waits. */
  outcome: 'sent' | 'dropped' | 'parked' | null
  finished_at: number | null
}

export type MailTemplate =
  | 'email-verification'
  | 'account-exists'
  | 'email-change'
  | 'email-change-notice'
  | 'password-forgotten'
  | 'password-changed'
  | 'passkey-added'
  | 'passkey-removed'
  | 'totp-enabled'
  | 'totp-disabled'
  | 'recovery-code-used'
  | 'recovery-codes-low'
  | 'recovery-codes-renewed'
  | 'second-factors-removed'

export interface EventsTable {
  id: string
  user_id: string
  kind: EventKind
  session_id: string | null
  user_agent: string | null
  ip: string | null
  created_at: number
}

/** The account's security history. */
export type EventKind =
  | 'signed-up'
  | 'imported'
  | 'email-verified'
  | 'logged-in'
  | 'login-failed'
  | 'reset-code-failed'
  | 'refresh-token-reused'
  | 'password-changed'
  | 'password-reset'
  | 'email-changed'
  | 'role-changed'
  | 'disabled'
  | 'enabled'
  | 'session-ended'
  | 'passkey-added'
  | 'passkey-removed'
  | 'passkey-cloned'
  | 'totp-enabled'
  | 'totp-disabled'
  | 'second-factor-failed'
  | 'recovery-code-used'
  | 'recovery-codes-renewed'
  | 'second-factors-removed'

export interface EmailChangesTable {
  user_id: string
  new_email: string
  /** The mail that carries the link: a link that went to another address proves nothing about this one. */
  outbox_id: string
  created_at: number
}

export interface ResetCodesTable {
  user_id: string
  /** The mail that carries the code, which is an HMAC of this: it is not stored. */
  outbox_id: string
  /** How often it was guessed at. */
  tries: number
  expires_at: number
}

export interface TotpSecretsTable {
  user_id: string
  /** The session that drew it: no other may see or prove it. Null once it is proved. */
  session_id: string | null
  /** One that waits for its proof may stand beside one that works. */
  proved: Flag
  /** AES-256-GCM, by the key that `key_id` names. */
  sealed: string
  key_id: string
  /** The newest 30-second step whose password was used: none is good twice. */
  last_step: number
  /** Guesses since `tries_since`. */
  tries: Generated<number>
  tries_since: Generated<number>
  created_at: number
}

export interface RecoveryCodesTable {
  user_id: string
  /** SHA-256 in hexadecimal. */
  code_hash: string
}

/** Logins that wait for the second factor. */
export interface MfaChallengesTable {
  id: string
  user_id: string
  tries: number
  expires_at: number
}

export interface PasskeysTable {
  id: string
  user_id: string
  /** As the authenticator named it, in base64url. */
  credential_id: string
  /** A COSE key, in base64url. */
  public_key: string
  /** How often the authenticator has signed; 0 for ever with those that do not count. */
  counter: number
  /** A JSON array of the ways in which a browser reaches the authenticator. */
  transports: string
  /** May the passkey be copied to other devices? */
  device_type: 'singleDevice' | 'multiDevice'
  backed_up: Flag
  /** The authenticator's make; zeros where it keeps that to itself. */
  aaguid: string
  name: string | null
  created_at: number
  last_used_at: number | null
}

export interface UsedChallengesTable {
  id: string
  expires_at: number
}

export interface LeasesTable {
  name: string
  leased_until: number
}

/** How far an import has come. */
export interface ImportsTable {
  /** SHA-256 of the file, in hexadecimal. */
  file_hash: string
  /** What is done of the file (bytes, and lines). */
  position: number
  line: number
  imported: number
  rejected: number
  /** What of the file of rejects belongs to what is done (bytes). */
  rejects_size: number
}

export interface FilmsTable {
  /** The episode's number. */
  id: number
  title: string
  episode_id: number
  director: string
  producer: string
  /** YYYY-MM-DD */
  release_date: string
  synopsis: string
  /** This and the four below: a JSON array of names. */
  characters: string
  planets: string
  species: string
  starships: string
  vehicles: string
}

export interface Tables {
  users: UsersTable
  sessions: SessionsTable
  one_time_tokens: OneTimeTokensTable
  outbox: OutboxTable
  events: EventsTable
  films: FilmsTable
  email_changes: EmailChangesTable
  reset_codes: ResetCodesTable
  leases: LeasesTable
  imports: ImportsTable
  totp_secrets: TotpSecretsTable
  recovery_codes: RecoveryCodesTable
  mfa_challenges: MfaChallengesTable
  passkeys: PasskeysTable
  used_challenges: UsedChallengesTable
}
