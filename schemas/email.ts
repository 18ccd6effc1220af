import { Type } from '@sinclair/typebox'
import { proof } from './credentials.ts'
import { errorCode } from './errors.ts'

const atom = "[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
const quoted = '"(?:[ !#-\\[\\]-~]|\\\\[ -~])+"'
const dotAtom = `${atom}(?:\\.${atom})*`
const local = `(?:${dotAtom}|${quoted})`
const label = '[\\p{L}\\p{Nd}](?:[\\p{L}\\p{M}\\p{Nd}-]{0,61}[\\p{L}\\p{M}\\p{Nd}])?'

/** As it may be typed: the domain in any script. @see https://www.rfc-editor.org/rfc/rfc5322#section-3.4.1 */
export const EMAIL_PATTERN = `^${local}@(?:${label}\\.)+${label}$`

/** A local part that needs no quotes. */
export const DOT_ATOM_PATTERN = `^${dotAtom}$`

/** Part of a pattern: the address of a sender, whose host may be `localhost`. */
export const SENDER_ADDRESS = `${dotAtom}@(?:${label}\\.)*${label}`

/** Characters. */
export const EMAIL_MAX_LENGTH = 254

export const Email = Type.String({
  maxLength: EMAIL_MAX_LENGTH,
  pattern: EMAIL_PATTERN,
  'x-canonical': 'email',
  description: 'An e-mail address. Stored in lower case.',
  examples: ['leia@alderaan.example'],
  ...errorCode('email-invalid'),
})

/** One that its account is to have from now on. Earlier accounts may have others, and log in with them. */
export const NewEmail = Type.String({
  ...Email,
  'x-canonical': 'new-email',
  description:
    'An e-mail address: at most 64 characters before the @ (RFC 5321, section 4.5.3.1.1), and no spaces in quotes. Stored in lower case.',
})

export const EmailChangeRequest = Type.Object(
  { email: NewEmail, ...proof },
  {
    $id: 'EmailChangeRequest',
    examples: [{ email: 'leia@yavin.example', password: 'Alderaan1977' }],
    additionalProperties: false,
  },
)
