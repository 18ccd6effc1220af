import { isIPv4 } from 'node:net'
import { domainToASCII } from 'node:url'
import { Type } from '@sinclair/typebox'
import { CurrentPassword } from './credentials.ts'
import { errorCode, errors } from './errors.ts'

const atom = "[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
const quoted = '"(?:[ !#-\\[\\]-~]|\\\\[ -~])+"'
const local = `(?:${atom}(?:\\.${atom})*|${quoted})`
const asciiLabel = '[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?'
const label = '[\\p{L}\\p{Nd}](?:[\\p{L}\\p{M}\\p{Nd}-]{0,61}[\\p{L}\\p{M}\\p{Nd}])?'

/** As it may be typed: the domain in any script. @see https://www.rfc-editor.org/rfc/rfc5322#section-3.4.1 */
export const EMAIL_PATTERN = `^${local}@(?:${label}\\.)+${label}$`

export const Email = Type.String({
  maxLength: 254,
  pattern: EMAIL_PATTERN,
  description: 'An email address. Stored in lower case.',
  examples: ['leia@alderaan.example'],
  ...errorCode('email-invalid'),
})

export const EmailChangeRequest = Type.Object(
  { email: Email, password: CurrentPassword },
  {
    $id: 'EmailChangeRequest',
    examples: [{ email: 'leia@yavin.example', password: 'Alderaan1977' }],
    additionalProperties: false,
  },
)

const NORMALISED = new RegExp(`^${local}@(?:${asciiLabel}\\.)+${asciiLabel}$`)

/**
 * The one form an address is kept in: lower case, the domain in its ASCII form, so that all spellings of an address are one account.
 * @throws emailInvalid where the domain has no such form
 * @see https://unicode.org/reports/tr46/
 */
export function normaliseEmail(email: string): string {
  const at = email.lastIndexOf('@')
  const domain = domainToASCII(email.slice(at + 1))
  const normalised = `${email.slice(0, at)}@${domain}`.toLowerCase()
  // A number for a domain (1.2, 0x7f.1) would come out as an IP address, and the mail would go to another host.
  if (normalised.length > 254 || !NORMALISED.test(normalised) || isIPv4(domain)) {
    throw errors.emailInvalid({ details: { in: 'body', field: 'email', problem: 'its domain has no ASCII form' } })
  }
  return normalised
}
