/** What an update of a user may contain, and what follows from it. */
import { errors } from '#schemas/errors.ts'
import type { UserUpdate } from '#schemas/users.ts'
import type { AuditEventKind } from '#sql/audit-events.ts'
import type { MailTemplate } from '#sql/outbox.ts'
import type { User, UserChange } from '#sql/users.ts'
import type { ChangeCaller } from '../../auth/sessions/assert-caller.ts'
import { withoutBlanks } from '../../http/validation/blank.ts'

type Caller = Pick<ChangeCaller, 'user_id' | 'access_role'>

export function setsAdministrative({ access_role, disabled, ...update }: UserUpdate): boolean {
  return access_role !== undefined || disabled !== undefined || setsEmail(update)
}

function setsEmail({ email, email_verified }: UserUpdate): boolean {
  return email !== undefined || email_verified !== undefined
}

/**
 * Administrators change their own address like everybody, with the password and the mailed link.
 * @throws forbidden
 */
export function assertAllowed(caller: Caller, id: number, update: UserUpdate): void {
  if (setsAdministrative(update) && caller.access_role !== 'admin') throw errors.forbidden()
  if (setsEmail(update) && caller.user_id === id) throw errors.forbidden()
}

/** Is this an administrator who can log in? */
export function canAdminister({
  access_role,
  disabled,
  email_verified,
}: Pick<User, 'access_role' | 'disabled' | 'email_verified'>): boolean {
  return access_role === 'admin' && !disabled && email_verified === 1
}

export function columnsOf(before: User, { disabled, email_verified, ...columns }: UserUpdate): UserChange {
  const moved = isNew(before, columns.email)
  const verified = email_verified ?? (moved ? false : undefined)
  return {
    ...withoutBlanks(columns),
    ...(disabled !== undefined && { disabled: disabled ? 1 : 0 }),
    ...(verified !== undefined && { email_verified: verified ? 1 : 0 }),
    // Unless the administrator vouches for it, nobody has proved the mailbox together with the account.
    ...(moved && !verified && { owner_proved_at: null }),
  }
}

export function eventsOf(before: User, update: UserUpdate): AuditEventKind[] {
  const { access_role, disabled, email } = update
  const { email_verified = before.email_verified } = columnsOf(before, update)
  const kinds: AuditEventKind[] = []
  if (access_role !== undefined && access_role !== before.access_role)
    kinds.push(access_role === 'admin' ? 'promoted' : 'demoted')
  if (disabled === true && !before.disabled) kinds.push('disabled')
  if (disabled === false && before.disabled) kinds.push('enabled')
  if (isNew(before, email)) kinds.push('email-changed')
  if (email_verified > before.email_verified) kinds.push('email-verified')
  if (email_verified < before.email_verified) kinds.push('email-unverified')
  return kinds
}

interface Notice {
  template: MailTemplate
  recipient: string
  details?: string
}

/** What the owner of the account is told of. */
const TOLD: AuditEventKind[] = ['promoted', 'demoted', 'disabled', 'enabled']

/** An address that was never verified may be a stranger's. */
export function mailsOf(before: User, update: UserUpdate, kinds: AuditEventKind[]): Notice[] {
  const details = before.email_verified ? kinds.filter(kind => TOLD.includes(kind)).join(', ') : ''
  const told = { template: 'changed-by-admin' as const, recipient: before.email, details }
  return [...(details ? [told] : []), ...emailNotices(before, update)]
}

/** Both mailboxes learn of a new address. If nobody vouches for it, its owner proves it by the link. */
function emailNotices(before: User, update: UserUpdate): Notice[] {
  const { email } = update
  if (email === undefined || !isNew(before, email)) return []
  const notices = [before.email, email].map(recipient => ({ template: 'email-changed-by-admin' as const, recipient }))
  const link = { template: 'email-verification' as const, recipient: email }
  return columnsOf(before, update).email_verified ? notices : [...notices, link]
}

function isNew(before: User, email: string | undefined): boolean {
  return email !== undefined && email !== before.email
}
