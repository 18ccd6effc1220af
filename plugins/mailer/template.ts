/** What a mail template is. Each is a file in templates/, named like the template; its words are the topic of that name in plugins/languages/. */
import type { Kysely } from 'kysely'
import type { OneTimeTokenPurpose } from '#sql/one-time-tokens.ts'
import type { Mail, MailTemplate } from '#sql/outbox.ts'
import type { Tables } from '#sql/tables.ts'
import type { User } from '#sql/users.ts'

export interface Template {
  /** The path below `PUBLIC_URL` of the page on which the recipient can act. */
  page: string
  /** Purpose of the one-time token in the link. */
  token?: OneTimeTokenPurpose
  /** Set where a six-digit code may be typed in instead of opening the link. */
  code?: true
  /** The setting with the lifetime of link and code; `EMAIL_TOKEN_TTL_SECONDS` unless given. */
  lifetime?: 'RESET_TOKEN_TTL_SECONDS'
  /** Set where the user names the recipient: then an account's mails are limited too, not only a mailbox's. */
  limitPerUser?: true
  /** Set where the mail says that its account is deleted. Nothing is known of the recipient any more: the mail's `details` are the language that was chosen. */
  accountGone?: true
  /** Why the mail must not be sent any more, for the log; or what to send in its place. Much may have changed since it was queued. */
  obsolete?(context: TemplateContext): Obsolete | Promise<Obsolete>
}

type Obsolete = string | { replacement: MailTemplate } | undefined

export interface TemplateContext {
  db: Kysely<Tables>
  user: User
  mail: Mail
  HIDE_ACCOUNTS: boolean
}

export interface MailContent {
  subject: string
  text: string
  html: string
}

/**
 * Loads a template when a mail first needs it, so that the service starts sooner.
 * @throws where there is none: the mail comes from a newer version that runs beside this one
 */
export async function loadTemplate(name: string): Promise<Template> {
  try {
    // The name comes from the database, and must not lead out of the folder.
    if (!/^[a-z-]+$/.test(name)) throw new Error('not a name')
    const module: { default: Template } = await import(`./templates/${name}.ts`)
    return module.default
  } catch (cause) {
    throw new Error(`no such template: ${name}`, { cause })
  }
}
