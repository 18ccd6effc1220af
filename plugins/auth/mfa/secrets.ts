/** TOTP secrets as they are stored: encrypted, and bound to their user. */
import type { FastifyInstance } from 'fastify'
import type { Flag } from '#sql/tables.ts'
import { findTotp, listTotpByKey, reencryptTotp, type TotpSecret } from '#sql/totp-secrets.ts'
import type { User } from '#sql/users.ts'
import { createEncryption, type Encrypted } from './encryption.ts'

export interface StoredSecret {
  row: TotpSecret
  secret: string
}

export interface SecretStore {
  encrypt(secret: string, userId: User['id']): Encrypted
  /** Undefined if there is none, or none that can be decrypted. */
  find(userId: User['id'], confirmed: Flag): Promise<StoredSecret | undefined>
  /** Encrypts by the newest key what older keys encrypted, so that these can be retired. @returns the number of rows */
  reencrypt(): Promise<number>
}

const BATCH = 100

export function secretStore({ db, keys, log }: Pick<FastifyInstance, 'db' | 'keys' | 'log'>): SecretStore {
  const encryption = createEncryption(keys.derive('totp'))
  const encrypt = (secret: string, userId: User['id']) => encryption.encrypt(secret, String(userId))
  const decrypt = (row: TotpSecret) => encryption.decrypt(row, String(row.user_id))

  async function reencryptAll(keyId: string): Promise<number> {
    const rows = await listTotpByKey(db, keyId, BATCH)
    for (const row of rows) await reencryptTotp(db, row, encrypt(decrypt(row), row.user_id))
    return rows.length === 0 ? 0 : rows.length + (await reencryptAll(keyId))
  }

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
    async reencrypt() {
      let total = 0
      for (const keyId of encryption.olderKeys) total += await reencryptAll(keyId)
      return total
    },
  }
}
