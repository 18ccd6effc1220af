import { hash, randomBytes } from 'node:crypto'
import type { ClientMetadata } from '#schemas/oauth-clients.ts'
import { constantTimeEqual } from '../../keys/constant-time.ts'
import type { Secrets } from './types.ts'

/** Bytes. 256 random bits cannot be guessed, so a fast hash suffices. */
const SECRET_LENGTH = 32

export function newSecret(): string {
  return randomBytes(SECRET_LENGTH).toString('base64url')
}

export function hashOf(secret: string): string {
  return hash('sha256', secret, 'hex')
}

export function needsSecret({ token_endpoint_auth_method: method }: ClientMetadata): boolean {
  return method === 'client_secret_basic' || method === 'client_secret_post'
}

/** Always compares both: timing must not reveal which one matched. */
export function verifySecret(client: Secrets, presented: string): boolean {
  const { secret_hash, previous_secret_hash, previous_secret_expires_at } = client
  const overlaps = previous_secret_expires_at !== null && previous_secret_expires_at > Date.now()
  const presentedHash = hashOf(presented)
  const isCurrent = constantTimeEqual(secret_hash ?? '', presentedHash)
  const isPrevious = constantTimeEqual((overlaps && previous_secret_hash) || '', presentedHash)
  return isCurrent || isPrevious
}
