/** Every setting: its default, its bounds and its meaning, from which `npm run docs` makes the documentation. A computed default stands at the end of the description. */
import { join } from 'node:path'
import { type Static, type TSchema, Type } from '@sinclair/typebox'
import { type MergeOf, mergeFolder } from '#schemas/contributions.ts'

/** Each file in `settings/` declares its settings here, and exports them under the same name. */
// biome-ignore lint/suspicious/noEmptyInterface: the files add to it
export interface Topics {}

export const SETTINGS_DIR = join(import.meta.dirname, 'settings')

export const ConfigSchema = Type.Object((await mergeFolder(SETTINGS_DIR)) as MergeOf<Topics, TSchema>)

/** The settings as given, each validated. */
export type Settings = Static<typeof ConfigSchema>

/** With the computed defaults. */
export type Config = Readonly<
  Settings & Required<Pick<Settings, 'ARGON2_THREADS' | 'MAIL_FROM' | 'NODE_ENV' | 'PUBLIC_URL' | 'SMTP_CLIENT_NAME'>>
>
