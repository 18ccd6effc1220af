/** From a row of the outbox to a mail, at the last moment: what was true when the row was written may not be so any more. */

import type { FastifyInstance } from 'fastify'
import type { Kysely } from 'kysely'
import { transaction } from '#sql/connection/transaction.ts'
import { findEmailChange } from '#sql/email-changes.ts'
import { mintOneTimeToken } from '#sql/one-time-tokens.ts'
import { countEarlierMails, type Mail } from '#sql/outbox.ts'
import { putResetCode } from '#sql/reset-codes.ts'
import type { Tables } from '#sql/tables.ts'
import { findUser, findUserByEmail, type User } from '#sql/users.ts'
import { type Template, templates } from './templates.ts'
import type { Message } from './transport.ts'

export interface ComposeOptions {
  PUBLIC_URL: string
  EMAIL_TOKEN_TTL_SECONDS: number
  RESET_TOKEN_TTL_SECONDS: number
  HIDE_ACCOUNTS: boolean
  codes: Pick<FastifyInstance['resetCodes'], 'of'>
}

/** `secrets` are what must not be logged. */
type Composed = { message: Message; secrets: string[] } | { unwanted: string }

/** One address gets at most so many mails of a kind within the hour, or anybody could flood it by asking. */
const MAILS_PER_HOUR = 5
const HOUR = 3_600_000

/**
 * Finds out whether the mail is still wanted, mints its one-time token and renders it.
 * @returns the mail and its secrets, or why nobody wants it any more
 */
export async function compose(db: Kysely<Tables>, options: ComposeOptions, mail: Mail): Promise<Composed> {
  const template: Template | undefined = templates[mail.template]
  // Written by a newer version that runs beside this one, and left to it.
  if (!template) throw new Error(`no such template: ${mail.template}`)

  const user = await (mail.user_id === null ? findUserByEmail(db, mail.recipient) : findUser(db, mail.user_id))
  if (!user) return { unwanted: 'no such account' }
  const unwanted = template.unwanted(user, mail) ?? (await flooded(db, mail))
  if (unwanted) return { unwanted }
  if (mail.template !== 'email-change') return write(db, options, mail, template, user)

  if (!(await findEmailChange(db, user.id, mail.id))) return { unwanted: 'the change is no longer asked for' }
  if (!(await findUserByEmail(db, mail.recipient))) return write(db, options, mail, template, user)
  if (!options.HIDE_ACCOUNTS) return { unwanted: 'the address has an account already' }
  return write(db, options, mail, templates['account-exists'], user)
}

async function flooded(db: Kysely<Tables>, mail: Mail): Promise<string | undefined> {
  const since = Date.now() - HOUR
  if ((await countEarlierMails(db, mail, since)) >= MAILS_PER_HOUR)
    return 'too many mails to this address within the hour'
  // These go wherever the account's user says.
  if (mail.template === 'email-change' && (await countEarlierMails(db, mail, since, 'user_id')) >= MAILS_PER_HOUR)
    return 'too many mails from this account within the hour'
  return undefined
}

async function write(
  db: Kysely<Tables>,
  options: ComposeOptions,
  mail: Mail,
  template: Template,
  user: User,
): Promise<Composed> {
  const seconds = options[template.lifetime]
  const token = template.token && (await mint(db, template, user.id, mail, seconds))
  if (template.token && !token) return { unwanted: 'a newer mail is under way' }
  const code = template.code ? options.codes.of(mail.id) : ''
  const link = `${options.PUBLIC_URL}${template.path}${token ? `?token=${token}` : ''}`
  const content = template.render({ link, lifetime: inWords(seconds), code })
  return {
    message: { ...content, id: mail.id, to: mail.recipient },
    secrets: [token ?? '', code].filter(secret => secret !== ''),
  }
}

/** Link and code come to life together. */
function mint(db: Kysely<Tables>, { token: purpose, code }: Template, user_id: string, mail: Mail, seconds: number) {
  if (!purpose) return undefined
  const proof = { user_id, outbox_id: mail.id, expires_at: Date.now() + seconds * 1000 }
  return transaction(db, async tx => {
    const token = await mintOneTimeToken(tx, { ...proof, purpose })
    if (token && code) await putResetCode(tx, proof)
    return token
  })
}

function inWords(seconds: number): string {
  if (seconds >= 7200) return `${Math.floor(seconds / 3600)} hours`
  if (seconds >= 120) return `${Math.floor(seconds / 60)} minutes`
  return `${seconds} seconds`
}
