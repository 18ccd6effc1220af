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
}
