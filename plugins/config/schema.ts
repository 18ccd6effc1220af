/** Every setting: its default, its bounds and its meaning, from which `npm run docs` makes the documentation. A computed default stands at the end of the description. */
import { type Static, Type } from '@sinclair/typebox'
import { accounts } from './settings/accounts.ts'
import { branding } from './settings/branding.ts'
import { keys } from './settings/keys.ts'
import { mail } from './settings/mail.ts'
import { operations } from './settings/operations.ts'
import { pages } from './settings/pages.ts'
import { passkeys } from './settings/passkeys.ts'
import { passwords } from './settings/passwords.ts'
import { requests } from './settings/requests.ts'
import { server } from './settings/server.ts'
import { sessions } from './settings/sessions.ts'
import { social } from './settings/social.ts'
import { stores } from './settings/stores.ts'

export const ConfigSchema = Type.Object({
  ...server,
  ...stores,
  ...mail,
  ...branding,
  ...pages,
  ...keys,
  ...requests,
  ...passwords,
  ...passkeys,
  ...sessions,
  ...accounts,
  ...social,
  ...operations,
})

/** The settings as given, each validated. */
export type Settings = Static<typeof ConfigSchema>

/** With the computed defaults. */
export type Config = Readonly<
  Settings & Required<Pick<Settings, 'ARGON2_THREADS' | 'MAIL_FROM' | 'NODE_ENV' | 'PUBLIC_URL' | 'SMTP_CLIENT_NAME'>>
>
