/** TOTP secrets as they are stored: encrypted, and bound to their user. */
import type { FastifyInstance } from 'fastify'
import type { Flag } from '#sql/tables.ts'
import { findTotp, type TotpSecret } from '#sql/totp-secrets.ts'
import type { User } from '#sql/users.ts'
import { createEncryption, type Encrypted } from '../../keys/encryption.ts'
import { reencryption } from './reencrypt.ts'

export interface StoredSecret {
  row: TotpSecret
  secret: string
}

export interface SecretStore {
  encrypt(secret: string, userId: User['id']): Encrypted
  /** Undefined if there is none, or none that can be decrypted. */
  find(userId: User['id'], confirmed: Flag): Promise<StoredSecret | undefined>
  /** A batch of what older keys encrypted is encrypted by the newest. @returns the number of rows; 0 when nothing is left to do */
  reencrypt(): Promise<number>
}

export function secretStore(app: Pick<FastifyInstance, 'db' | 'keys' | 'log'>): SecretStore {
  const { db, keys, log } = app
  const encryption = createEncryption(keys.derive('totp'))
  const encrypt = (secret: string, userId: User['id']) => encryption.encrypt(secret, String(userId))
  const decrypt = (row: TotpSecret) => encryption.decrypt(row, String(row.user_id))

  return {
    encrypt,
    async find(userId, confirmed) {
      const row = await findTotp(db, userId, confirmed)
      if (!row) return undefined
      try {
        return { row, secret: decrypt(row) }
      } catch (err) {
        // The user can still log in with a recovery code.
        log.error({ err, userId }, 'TOTP secret cannot be decrypted')
        return undefined
      }
    },
    reencrypt: reencryption(app, {
      older: encryption.olderKeys,
      reencrypt: row => encrypt(decrypt(row), row.user_id),
    }),
  }
}
