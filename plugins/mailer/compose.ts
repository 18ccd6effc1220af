/** From a row of the outbox to a message, at the last moment: what was true when the row was written may have changed. */
import type { Kysely } from 'kysely'
import { NOBODY } from '#sql/audit-events.ts'
import { transaction } from '#sql/connection/transaction.ts'
import { mintOneTimeToken } from '#sql/one-time-tokens.ts'
import { countEarlierMails, MAIL_LIMIT_PERIOD_MS, type Mail } from '#sql/outbox.ts'
import { putResetCode } from '#sql/reset-codes.ts'
import type { Tables } from '#sql/tables.ts'
import { findUser, findUserByEmail, lockUser, type User } from '#sql/users.ts'
import { withQuery } from '../http/pages/with-query.ts'
import type { Occasion, WriteMail } from './content.ts'
import { loadTemplate, type MailContent, type Template } from './template.ts'
import type { Message } from './transport.ts'

export interface ComposeOptions {
  PUBLIC_URL: string
  EMAIL_TOKEN_TTL_SECONDS: number
  RESET_TOKEN_TTL_SECONDS: number
  HIDE_ACCOUNTS: boolean
  /** Derives the code of a mail from its id. */
  resetCode(outboxId: string): string
  /** @param locale of the recipient, if it is known */
  chooseLanguage(locale: string | null): string
  write: WriteMail
}

/** `secrets` must not be logged. */
type Composed = { message: Message; secrets: string[] } | Obsolete

/** Per template and recipient: without a limit, anybody could flood a mailbox with requests for mail. */
const MAX_MAILS_PER_HOUR = 5

/**
 * Checks that the mail must still be sent, mints its one-time token and renders it.
 * @returns the message and its secrets, or the reason to drop the mail
 */
export async function compose(db: Kysely<Tables>, options: ComposeOptions, mail: Mail): Promise<Composed> {
  const wanted = await check(db, options, mail)
  return 'obsolete' in wanted ? wanted : write(db, options, wanted.mail, wanted.user)
}

/** What the mail would say now, without link and code; or the reason to drop it; undefined for a mail of another version. Nothing is minted. */
export async function preview(
  db: Kysely<Tables>,
  options: ComposeOptions,
  queued: Mail,
): Promise<Pick<MailContent, 'subject' | 'text'> | Obsolete | undefined> {
  if (!(await loadTemplate(queued.template).catch(() => undefined))) return undefined
  const wanted = await check(db, options, queued)
  if ('obsolete' in wanted) return wanted
  const { mail, user } = wanted
  const { subject, text } = await options.write({
    ...occasionOf(await loadTemplate(mail.template), options, mail, user),
    link: '…',
    code: '',
  })
  return { subject, text }
}

interface Obsolete {
  obsolete: string
}

/** Whose account it is. */
type Owner = Pick<User, 'id' | 'email' | 'locale'>

const ownerGone = ({ recipient, details }: Mail): Owner => ({ id: NOBODY, email: recipient, locale: details })

async function check(
  db: Kysely<Tables>,
  options: ComposeOptions,
  mail: Mail,
): Promise<{ mail: Mail; user: Owner } | Obsolete> {
  const template = await loadTemplate(mail.template)
  if (template.accountGone) {
    const obsolete = await limitReached(db, mail, template)
    return obsolete ? { obsolete } : { mail, user: ownerGone(mail) }
  }
  const user = await (mail.user_id === null ? findUserByEmail(db, mail.recipient) : findUser(db, mail.user_id))
  if (!user) return { obsolete: 'no such account' }
  const context = { db, user, mail, HIDE_ACCOUNTS: options.HIDE_ACCOUNTS }
  const outcome = await template.obsolete?.(context)
  if (typeof outcome === 'string') return { obsolete: outcome }
  const revoked = template.token && revocationOf(user, mail)
  if (revoked) return { obsolete: revoked }
  const obsolete = await limitReached(db, mail, template)
  if (obsolete) return { obsolete }
  return { mail: outcome ? { ...mail, template: outcome.replacement } : mail, user }
}

/** Why a mail may carry no link and no code. */
function revocationOf({ disabled, links_since }: User, mail: Mail): string | undefined {
  if (disabled) return 'the account is disabled'
  return mail.created_at < links_since ? 'the account has changed since the mail was requested' : undefined
}

async function limitReached(db: Kysely<Tables>, mail: Mail, { limitPerUser }: Template): Promise<string | undefined> {
  const since = Date.now() - MAIL_LIMIT_PERIOD_MS
  if ((await countEarlierMails(db, mail, since)) >= MAX_MAILS_PER_HOUR)
    return 'too many mails to this recipient within the hour'
  if (limitPerUser && (await countEarlierMails(db, mail, since, 'user_id')) >= MAX_MAILS_PER_HOUR)
    return 'too many mails from this account within the hour'
  return undefined
}

async function write(db: Kysely<Tables>, options: ComposeOptions, mail: Mail, user: Owner): Promise<Composed> {
  const template = await loadTemplate(mail.template)
  const occasion = occasionOf(template, options, mail, user)
  const token = await mint(db, template, user.id, mail, occasion.lifetimeSeconds)
  if (template.token && !token) return { obsolete: 'a newer mail is under way, or the account has changed' }
  const code = template.code ? options.resetCode(mail.id) : ''
  const link = withQuery(options.PUBLIC_URL + template.page, { token, redirect_to: mail.redirect_to })
  const content = await options.write({ ...occasion, link, code })
  return {
    message: { ...content, id: mail.id, to: mail.recipient },
    secrets: [token ?? '', code].filter(secret => secret !== ''),
  }
}

function occasionOf(
  { lifetime, token }: Template,
  options: ComposeOptions,
  mail: Mail,
  user: Owner,
): Omit<Occasion, 'link' | 'code'> {
  return {
    template: mail.template,
    language: options.chooseLanguage(user.locale),
    lifetimeSeconds: options[lifetime ?? 'EMAIL_TOKEN_TTL_SECONDS'],
    account: user.email,
    details: mail.details ?? '',
    ...(token === undefined && { time: mail.created_at }),
  }
}

/** Link and code become valid together. */
async function mint(
  db: Kysely<Tables>,
  { token: purpose, code }: Template,
  user_id: User['id'],
  mail: Mail,
  seconds: number,
): Promise<string | undefined> {
  if (!purpose) return undefined
  const request = { user_id, outbox_id: mail.id, expires_at: Date.now() + seconds * 1000 }
  return transaction(db, async tx => {
    // The account may have been disabled, and enabled again, since it was read.
    await lockUser(tx, user_id)
    const user = await findUser(tx, user_id)
    if (!user || revocationOf(user, mail)) return undefined
    const token = await mintOneTimeToken(tx, { ...request, purpose })
    if (token && code) await putResetCode(tx, request)
    return token
  })
}
