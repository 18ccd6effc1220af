/** What the hosted pages are asked with. */
import { type Static, type TSchema, Type } from '@sinclair/typebox'
import { password } from './credentials.ts'
import { NewEmail } from './email.ts'
import { pageQuery } from './pages.ts'

export const lang = Type.Optional(
  Type.String({
    maxLength: 64,
    description: 'Language of the page, such as `de`. Default: what the browser asks for.',
    examples: ['de'],
  }),
)

/** Others may be added to any link, by mail services and the like: they are ignored. */
export const PageQuery = Type.Object({ lang })

/** Of a list that comes in pages. */
export const ListQuery = Type.Object({ ...PageQuery.properties, cursor: pageQuery.cursor })
export type ListQuery = Static<typeof ListQuery>

/** `updated` of what a form was opened with: it says whether something was changed since. */
export const version = Type.Optional(Type.String({ maxLength: 32 }))

/** Of a form for something new, the id that it will have: the same form, sent twice, makes one. */
export const CreationQuery = Type.Object({
  ...PageQuery.properties,
  id: Type.Optional(Type.String({ pattern: '^[0-9a-f-]{36}$' })),
})

/** Of the stream that an open page follows. */
export const StreamQuery = Type.Object({
  after: Type.Optional(Type.String({ pattern: '^\\d{1,15}$', description: 'What came after this position follows.' })),
})

/** Characters. */
export const REDIRECT_MAX_LENGTH = 2048

export const redirectTo = Type.Optional(
  Type.String({
    maxLength: REDIRECT_MAX_LENGTH,
    description: 'Where to go afterwards: a page of the service, or one of `REDIRECT_URLS`.',
    examples: ['/account'],
  }),
)

/** What a form sends for a field that may be left empty: then an empty text. */
export const emptyOr = <Schema extends TSchema>(schema: Schema) => Type.Union([Type.Literal(''), schema])

/** Of the pages on the way to signing in. */
export const EntryQuery = Type.Object({ ...PageQuery.properties, redirect_to: redirectTo })

export const SigninQuery = Type.Object({
  ...PageQuery.properties,
  redirect_to: redirectTo,
  /** The second factors of the account, separated by spaces. */
  methods: Type.Optional(Type.String({ maxLength: 64 })),
  /** What the password, which was given before the second factor, gave rise to. */
  advice: Type.Optional(Type.String({ maxLength: 64 })),
})

/** A checkbox: absent unless it is checked. */
export const remember = Type.Optional(Type.Literal('on'))

/** As the API has it, but for the role. */
export const SignupForm = Type.Object({ email: NewEmail, password: password() }, { additionalProperties: false })

/** As the API has them, but for the proof of being present: another page asks for that. */
export const EmailForm = Type.Object({ email: NewEmail }, { additionalProperties: false })
export const PasswordForm = Type.Object({ new_password: password() }, { additionalProperties: false })
