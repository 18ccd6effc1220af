/** The catalog: every error that the service returns, with its status, its stable code and what it means. docs/errors.md is generated from it. */
import { join } from 'node:path'
import { type MergeOf, mergeFolder } from './contributions.ts'
import type { Thrower } from './error-entry.ts'

export type { CatalogError, Thrower } from './error-entry.ts'

/** Each file in `errors/` declares its errors here, and exports them under the same name. */
// biome-ignore lint/suspicious/noEmptyInterface: the files add to it
export interface Catalog {}

export const errors = (await mergeFolder(join(import.meta.dirname, 'errors'))) as MergeOf<Catalog, Thrower>

export type ErrorName = keyof typeof errors
export type ErrorCode = (typeof errors)[ErrorName]['code']

/** For `catch`: a user whom the path names is a resource that does not exist, `not-found` and not `user-not-found`. */
export function toNotFound(error: { code?: string }): never {
  throw error.code === errors.userNotFound.code ? errors.notFound() : error
}

/** For `catch`, where a page does without what is not there (any more). */
export function undefinedIfGone(error: { code?: string }): undefined {
  if (error.code !== errors.notFound.code && error.code !== errors.userNotFound.code) throw error
}

/** Marks a schema: a value that does not match it is answered with this code instead of `request-invalid`. */
export const errorCode = (code: ErrorCode) => ({ 'x-error-code': code })

/** The errors of a login with a password, for a token or for a cookie. */
export const LOGIN_ERRORS: ErrorName[] = [
  'emailInvalid',
  'passwordInvalid',
  'accountDisabled',
  'emailUnverified',
  'userAlreadyLoggedIn',
  'notFound',
  'tooManyAttempts',
]

/** The errors of a login at a provider, once it comes back. */
export const PROVIDER_ERRORS: ErrorName[] = [
  'providerNotFound',
  'socialStateInvalid',
  'providerRejected',
  'providerResponseInvalid',
  'providerUnavailable',
]

/** Those, and what may be in the way of the login or the link. */
export const PROVIDER_LOGIN_ERRORS: ErrorName[] = [
  ...PROVIDER_ERRORS,
  'emailRequired',
  'accountDisabled',
  'emailUnverified',
  'userAlreadyLoggedIn',
  'tokenInvalid',
  'loginMethodTaken',
  'tooManyLinkedLogins',
  'reauthenticationRequired',
]
