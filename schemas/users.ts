import { type Static, Type } from '@sinclair/typebox'
import { line, nullable, timestamp } from './common.ts'
import { proof } from './credentials.ts'
import { NewEmail } from './email.ts'
import { errorCode } from './errors.ts'
import { NextCursor, pageQuery } from './pages.ts'
import { oneOf, ref } from './ref.ts'

const strict = { additionalProperties: false }

export const AccessRole = oneOf(['basic', 'admin'], {
  $id: 'AccessRole',
  description: 'Roles are ordered: `admin` includes everything that `basic` may do.',
})
export type AccessRole = Static<typeof AccessRole>

export const UserId = Type.Integer({
  minimum: 1,
  maximum: Number.MAX_SAFE_INTEGER,
  description: 'Unique identifier of the user. It is never reused.',
  examples: [42],
})

/** Three digits or more. */
const PHONE_PATTERN =
  '^[+(]?[0-9(](?:[ ()./-]*[0-9]){2,20}[ )]*(?:(?:,|;ext=|[Ee]xt\\.?|[Ee]xtension|[Xx]|#) ?[0-9]{1,7})?$'

const profile = {
  first_name: line(100, 'First name.', 'Leia'),
  last_name: line(100, 'Last name.', 'Organa'),
  phone_number: nullable(
    Type.String({ 'x-normalize': 'phone', maxLength: 32, pattern: PHONE_PATTERN, examples: ['+47 22 33 44 55'] }),
    { description: 'Phone number, as it was typed. It may have brackets and an extension: `(555) 123-4567 ext. 89`.' },
  ),
  address: nullable(
    Type.String({
      'x-normalize': 'lines',
      minLength: 1,
      maxLength: 500,
      pattern: '^(?:[^\\p{Cc}\\p{Cs}]|\\n)*$',
      examples: ['Royal Palace, Aldera'],
    }),
    { description: 'Postal address. It may have several lines.' },
  ),
  national_id: line(64, 'National identification number.', 'AL-1138'),
  locale: nullable(
    Type.String({ maxLength: 35, pattern: '^[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8})*$', examples: ['de-AT'] }),
    { description: 'Language of mails, as a BCP 47 tag. Sign-up takes it from the browser.' },
  ),
}

const Disabled = Type.Boolean({ description: 'Whether the account is disabled. A disabled account cannot log in.' })

export const User = Type.Object(
  {
    id: UserId,
    email: Type.String({ description: 'E-mail address, in lower case.', examples: ['leia@alderaan.example'] }),
    access_role: ref(AccessRole),
    email_verified: Type.Boolean({ description: 'Whether the e-mail address is verified.' }),
    disabled: Disabled,
    created: timestamp('When the account was created.'),
    ...profile,
    mfa_enabled: Type.Boolean({ description: 'Whether logging in requires a second factor.' }),
    avatar_url: nullable(
      Type.String({ examples: ['https://holocron.example/avatars/6f1ed002ab5595859014ebf0951522d9-512.webp'] }),
      {
        description:
          "URL of the user's picture, a square of 512 pixels; with `-128` in place of `-512`, of 128. Null without one: any client may show `/avatars/default-{seed}.svg` then.",
      },
    ),
  },
  { $id: 'User', ...strict },
)
export type User = Static<typeof User>

/** What users may change of themselves. */
export const profileUpdate = {
  first_name: Type.Optional(profile.first_name),
  last_name: Type.Optional(profile.last_name),
  phone_number: Type.Optional(profile.phone_number),
  address: Type.Optional(profile.address),
  national_id: Type.Optional(profile.national_id),
  locale: Type.Optional(profile.locale),
}

export const UserUpdate = Type.Object(
  {
    ...profileUpdate,
    access_role: Type.Optional(ref(AccessRole)),
    disabled: Type.Optional(Disabled),
    email: Type.Optional(NewEmail),
    email_verified: Type.Optional(
      Type.Boolean({
        description: 'Whether the e-mail address counts as verified. With a new address: false unless given.',
      }),
    ),
  },
  {
    $id: 'UserUpdate',
    description:
      'Only administrators may set `access_role`, `disabled`, `email` and `email_verified`; the latter two of others only.',
    examples: [{ first_name: 'Leia', last_name: 'Organa' }],
    ...strict,
  },
)
export type UserUpdate = Static<typeof UserUpdate>

export const DeleteUserRequest = Type.Object(proof, {
  $id: 'DeleteUserRequest',
  examples: [{ password: 'Alderaan1977' }],
  ...strict,
})

export const DeletedUser = Type.Object({ id: UserId }, { $id: 'DeletedUser', ...strict })

/** The form of an id in a path: only what looks like one is taken for one, so that `GET /users/v1/login` names no user. */
export const USER_ID_PATTERN = '[1-9][0-9]{0,15}'

export const UserParams = Type.Object({ user_id: { ...UserId, ...errorCode('not-found') } })

export const Users = Type.Object(
  { results: Type.Array(ref(User)), next_cursor: NextCursor },
  { $id: 'Users', ...strict },
)

export const UsersQuery = Type.Object(
  {
    ...pageQuery,
    email: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 254,
        pattern: '^[ -~]+$',
        description: 'Only return users whose e-mail address starts with this.',
        examples: ['leia@'],
      }),
    ),
    access_role: Type.Optional(ref(AccessRole)),
    disabled: Type.Optional(
      Type.Boolean({ description: 'Filter by whether the account is disabled.', examples: [false] }),
    ),
    email_verified: Type.Optional(
      Type.Boolean({ description: 'Filter by whether the e-mail address is verified.', examples: [true] }),
    ),
  },
  strict,
)
export type UsersQuery = Static<typeof UsersQuery>
