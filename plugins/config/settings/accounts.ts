/** Accounts and what is mailed to them. */
import { Type } from '@sinclair/typebox'
import { flag, seconds, TEN_YEARS_SECONDS } from '../types.ts'

declare module '../schema.ts' {
  interface Topics {
    accounts: typeof accounts
  }
}

export const accounts = {
  EMAIL_TOKEN_TTL_SECONDS: seconds(
    86_400,
    1,
    'Lifetime of the link that verifies an e-mail address',
    TEN_YEARS_SECONDS,
  ),
  RESET_TOKEN_TTL_SECONDS: seconds(3600, 1, 'Lifetime of the link and the code that reset a password'),
  HIDE_ACCOUNTS: flag(
    false,
    'Sign-up responds with 200 for a registered e-mail address too, and mails its owner; login does not find unverified accounts',
  ),
  UNVERIFIED_ACCOUNTS_KEPT_DAYS: Type.Integer({
    default: 0,
    minimum: 0,
    maximum: 36_500,
    description:
      'Accounts whose e-mail address was not verified in this time after sign-up or import (days) are deleted. 0 keeps them',
  }),
  PHONE_REGION: Type.Optional(
    Type.String({
      pattern: '^[A-Z]{2}$',
      description:
        'Country of phone numbers that are typed without `+` (ISO 3166-1, such as `US`). Unset: their international form is not known',
    }),
  ),
  MFA_REQUIRED_FOR_ADMIN: flag(false, 'Administrators without a second factor can only use the routes that enroll one'),
}
