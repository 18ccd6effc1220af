import { Type } from '@sinclair/typebox'
import { EMAIL_PATTERN } from './email.ts'
import type { errors } from './errors.ts'

/** The catalogue's entry that a bad value of this field is answered with. */
const code = (name: (typeof errors)[keyof typeof errors]['code']) => ({ 'x-error-code': name })

export const Email = Type.String({
  maxLength: 254,
  pattern: EMAIL_PATTERN,
  description:
    'Its local part: atoms joined by dots, or a quoted string. Its domain: two or more labels. Kept in lower case.',
  examples: ['leia@alderaan.example'],
  ...code('email-invalid'),
})

/** The rule for passwords; the upper bound of its length is a matter of configuration. */
export const Password = Type.String({
  $id: 'Password',
  // One password may be typed as different code points: counted, like kept, in one form.
  'x-normalize': 'NFC',
  minLength: 8,
  maxLength: 32,
  pattern: '^(?=.*\\p{Lu})(?=.*\\p{Ll})(?=.*\\p{Nd})[^\\s\\p{Cc}\\p{Cs}]*$',
  description: 'At least an upper-case letter, a lower-case letter and a digit; no white space, no control characters.',
  examples: ['Alderaan1977'],
  ...code('password-invalid'),
})

/** A field that holds a password: names the code also where the field is missing. */
export const password = () => Type.Unsafe<string>({ $ref: 'Password#', ...code('password-invalid') })

export const Ok = Type.Object({ status: Type.Literal('ok') }, { $id: 'Ok', additionalProperties: false })

export const ErrorAnswer = Type.Object(
  {
    status: Type.Literal('error'),
    statusCode: Type.Integer({ minimum: 400, maximum: 599 }),
    error: Type.String({ description: 'The reason phrase of the status.' }),
    message: Type.String({ description: 'A stable code: what programs look at.' }),
    details: Type.Optional(
      Type.Record(Type.String(), Type.Unknown(), { description: 'Where the fault lies, if somewhere in particular.' }),
    ),
  },
  { $id: 'Error', additionalProperties: false },
)
