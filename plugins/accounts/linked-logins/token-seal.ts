/** With SOCIAL_KEEP_TOKENS: the provider's tokens as the database keeps them. Nothing here reads them. */
import type { FastifyInstance } from 'fastify'
import type { SealedTokens } from '#sql/linked-logins.ts'
import type { ProviderIdentity } from '../../auth/social/types.ts'
import { createEncryption } from '../../keys/encryption.ts'

/** @returns undefined if none are to be kept: those of earlier logins stay */
export type TokenSeal = (identity: ProviderIdentity) => SealedTokens | undefined

export function createTokenSeal({ config, keys }: Pick<FastifyInstance, 'config' | 'keys'>): TokenSeal {
  const encryption = createEncryption(keys.derive('provider-tokens'))
  return ({ issuer, subject, tokens }) => {
    if (!config.SOCIAL_KEEP_TOKENS || !tokens) return undefined
    // A row copied to another identity does not decrypt.
    const owner = JSON.stringify([issuer, subject])
    const { ciphertext, key_id } = encryption.encrypt(JSON.stringify(tokens), owner)
    return { tokens: ciphertext, tokens_key_id: key_id }
  }
}
