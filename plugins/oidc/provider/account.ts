import type { FastifyInstance } from 'fastify'
import type { Account } from 'oidc-provider'
import type { UserOfToken } from '#sql/oauth-tokens.ts'
import { findUser } from '#sql/users.ts'
import { avatarUrl } from '../../accounts/users/serialize.ts'
import type { Reads } from './reads.ts'

/** Finds the user of a `sub`, whom the request may have read with a token; undefined if the account is disabled or gone. */
export function accountFinder({ config, db }: FastifyInstance, { tokenOf }: Reads) {
  return async (sub: string, grantId?: string): Promise<Account | undefined> => {
    const token = grantId === undefined ? undefined : tokenOf(grantId)
    const user = String(token?.user_id) === sub ? token : await findUser(db, Number(sub))
    if (!user || user.disabled) return undefined
    // The library leaves out what the granted scopes do not open.
    return { accountId: sub, claims: () => claimsOf(sub, user, avatarUrl(user, config.PUBLIC_URL)) }
  }
}

/** @see https://openid.net/specs/openid-connect-core-1_0.html#StandardClaims */
function claimsOf(
  sub: string,
  { email, email_verified, first_name, last_name, locale, updated_at }: UserOfToken,
  picture: string | null,
) {
  const name = [first_name, last_name].filter(Boolean).join(' ')
  return {
    sub,
    email,
    email_verified: email_verified === 1,
    ...(name && { name }),
    ...(first_name && { given_name: first_name }),
    ...(last_name && { family_name: last_name }),
    ...(picture && { picture }),
    ...(locale && { locale }),
    updated_at: Math.floor(updated_at / 1000),
  }
}
