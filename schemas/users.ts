import { type Static, Type } from '@sinclair/typebox'
import { Email } from './common.ts'
import { AccessRole } from './login.ts'
import { oneOf } from './ref.ts'

const strict = { additionalProperties: false }
const nullable = <Schema extends ReturnType<typeof Type.String>>(schema: Schema) => Type.Union([schema, Type.Null()])

/** Free text without control characters; null clears the field. */
const text = (maxLength: number, examples: string[]) =>
  nullable(Type.String({ minLength: 1, maxLength, pattern: '^[^\\p{Cc}\\p{Cs}]*$', examples }))

const profile = {
  first_name: text(100, ['Leia']),
  last_name: text(100, ['Organa']),
  phone_number: nullable(
    Type.String({ maxLength: 32, pattern: '^\\+?[0-9][0-9 ()./-]{2,30}$', examples: ['+47 22 33 44 55'] }),
  ),
  address: text(500, ['Royal Palace, Aldera']),
  national_id: text(64, ['AL-1138']),
}

export const User = Type.Object(
  {
    id: Type.String({ examples: ['01981f1c-7b2e-7cc1-a1a2-3b4c5d6e7f80'] }),
    email: Type.String({ examples: ['leia@alderaan.example'] }),
    access_role: AccessRole,
    email_verified: Type.Boolean(),
    disabled: Type.Boolean(),
    created: Type.String({ format: 'date-time', description: 'When the account was made (UTC).' }),
    ...profile,
    mfa_enabled: Type.Boolean({ description: 'Does a login ask for a second factor?' }),
    avatar_url: nullable(Type.String()),
  },
  { $id: 'User', ...strict },
)
export type User = Static<typeof User>

const administrated = {
  access_role: Type.Optional(AccessRole),
  disabled: Type.Optional(Type.Boolean({ description: 'A disabled account cannot log in. For administrators.' })),
}

const optionalProfile = {
  first_name: Type.Optional(profile.first_name),
  last_name: Type.Optional(profile.last_name),
  phone_number: Type.Optional(profile.phone_number),
  address: Type.Optional(profile.address),
  national_id: Type.Optional(profile.national_id),
}

export const UserUpdate = Type.Object(
  { ...optionalProfile, ...administrated },
  {
    $id: 'UserUpdate',
    examples: [{ first_name: 'Leia', last_name: 'Organa' }],
    ...strict,
  },
)
export type UserUpdate = Static<typeof UserUpdate>

const DATE_OR_TIME =
  '^[0-9]{4}-[0-9]{2}-[0-9]{2}(T[0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]+)?)?(Z|[+-][0-9]{2}:[0-9]{2})?)?$'

/** A line of what `npm run import-users` reads. */
export const ImportedUser = Type.Object(
  {
    email: Email,
    password_hash: Type.String({ minLength: 1, maxLength: 255 }),
    email_verified: Type.Optional(Type.Boolean()),
    created: Type.Optional(Type.String({ maxLength: 40, pattern: DATE_OR_TIME })),
    ...optionalProfile,
    ...administrated,
  },
  strict,
)
export type ImportedUser = Static<typeof ImportedUser>

export const DeleteUserRequest = Type.Object(
  {
    password: Type.Optional(
      Type.String({ minLength: 1, maxLength: 1024, description: "The caller's own, to delete oneself." }),
    ),
  },
  { $id: 'DeleteUserRequest', examples: [{ password: 'Alderaan1977' }], ...strict },
)

export const DeletedUser = Type.Object({ id: Type.String() }, { $id: 'DeletedUser', ...strict })

/** Where a user is found. Only what looks like an id is taken for one, so that `GET /users/v1/login` asks for nobody. */
export const USER_PATH = '/users/v1/:user_id([0-9a-f-]{36})'

export const UserParams = Type.Object({ user_id: Type.String({ maxLength: 64, description: "The user's id." }) })

const NextCursor = Type.Union([Type.String(), Type.Null()], {
  description: '`cursor` of the next page; null on the last one.',
})

export const Users = Type.Object(
  { results: Type.Array(Type.Unsafe<User>({ $ref: 'User#' })), next_cursor: NextCursor },
  { $id: 'Users', ...strict },
)

const page = {
  limit: Type.Optional(
    Type.String({
      pattern: '^([1-9][0-9]?|100)$',
      description: 'Results a page: 1 to 100. Default: 20.',
      examples: ['20'],
    }),
  ),
  cursor: Type.Optional(Type.String({ maxLength: 512, description: '`next_cursor` of the page before.' })),
}

export const UsersQuery = Type.Object(
  {
    ...page,
    email: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 254,
        pattern: '^[ -~]+$',
        description: 'Addresses that begin with this.',
      }),
    ),
    access_role: Type.Optional(AccessRole),
    disabled: Type.Optional(oneOf(['true', 'false'], { description: 'Only those that are, or are not, disabled.' })),
    email_verified: Type.Optional(
      oneOf(['true', 'false'], { description: 'Only those whose address is, or is not, proved.' }),
    ),
  },
  strict,
)
export type UsersQuery = Static<typeof UsersQuery>

export const EventsQuery = Type.Object(page, strict)

export const Events = Type.Object(
  {
    results: Type.Array(
      Type.Object(
        {
          id: Type.String(),
          kind: Type.String({ examples: ['logged-in'] }),
          time: Type.String({ format: 'date-time' }),
          session_id: Type.Union([Type.String(), Type.Null()]),
          ip: Type.Union([Type.String(), Type.Null()]),
          device: Type.Union([Type.String(), Type.Null()], { description: 'The user agent, as it named itself.' }),
        },
        strict,
      ),
    ),
    next_cursor: NextCursor,
  },
  { $id: 'Events', ...strict },
)
