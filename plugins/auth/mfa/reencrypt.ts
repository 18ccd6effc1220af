/** After a rotation of SECRET: TOTP secrets that older keys encrypted are encrypted by the newest, so that the old SECRET can be removed. */
import type { FastifyInstance } from 'fastify'
import { listTotpByKey, reencryptTotp, type TotpSecret } from '#sql/totp-secrets.ts'
import type { Encrypted } from '../../keys/encryption.ts'

interface Keys {
  /** Their ids. */
  older: string[]
  /** @throws if the row cannot be decrypted */
  reencrypt(row: TotpSecret): Encrypted
}

const BATCH = 100

/** @returns a job that does one batch at each call and returns the number of rows it changed */
export function reencryption({ db, log }: Pick<FastifyInstance, 'db' | 'log'>, keys: Keys): () => Promise<number> {
  /** Per key, the user after whom the next batch starts: rows that cannot be decrypted stay, and must not block the others. */
  const positions = new Map<string, number>()
  const reported = new Set<string>()

  function encrypted(row: TotpSecret): Encrypted | undefined {
    try {
      return keys.reencrypt(row)
    } catch (err) {
      if (!reported.has(row.ciphertext)) log.error({ err, userId: row.user_id }, 'TOTP secret cannot be re-encrypted')
      reported.add(row.ciphertext)
      return undefined
    }
  }

  /** Once all rows have had their turn it starts again. */
  async function reencryptBatch(keyId: string): Promise<number> {
    const rows = await listTotpByKey(db, keyId, { afterUser: positions.get(keyId) ?? 0, limit: BATCH })
    let changed = 0
    for (const row of rows) {
      const secret = encrypted(row)
      if (!secret) continue
      await reencryptTotp(db, row, secret)
      changed++
    }
    positions.set(keyId, rows.length < BATCH ? 0 : (rows.at(-1)?.user_id ?? 0))
    return changed
  }

  return async () => {
    for (const keyId of keys.older) {
      const changed = await reencryptBatch(keyId)
      if (changed > 0) return changed
    }
    return 0
  }
}
