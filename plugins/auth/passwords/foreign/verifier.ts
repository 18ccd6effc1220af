import type { Config } from '../../../config/index.ts'
import type { ForeignHash } from './foreign-hash.ts'
import { verificationThreads } from './threads.ts'

/** @param onCostlier called with a hash that takes more work than all previous ones of its algorithm */
export function foreignVerifier(config: Config, onCostlier: (hash: ForeignHash) => Promise<void>) {
  // One core stays free for our own hashes.
  const threads = verificationThreads(Math.max(1, config.ARGON2_THREADS - 1), {
    firebaseSignerKeys: config.FIREBASE_SIGNER_KEY.split(','),
  })
  const works = new Map<string, number>()

  return {
    load: threads.load,
    close: threads.close,
    measure: async (hash: string) => (await threads.verify({ hash, passwords: [''] })).duration,
    /**
     * @param passwords forms of one password: other systems may not have normalized it
     * @returns undefined if the hash cannot be verified, or costs too much
     * @throws unavailable if the queue is full
     */
    async verify(stored: string, passwords: string[]): Promise<boolean | undefined> {
      // Most services never need it: the start stays fast.
      const { parseForeign } = await import('./index.ts')
      const parsed = parseForeign(stored)
      if (!parsed || parsed.excess) return undefined
      const { algorithm, work } = parsed
      if (work > (works.get(algorithm) ?? 0)) {
        works.set(algorithm, work)
        onCostlier(parsed).catch(() => works.delete(algorithm))
      }
      return (await threads.verify({ hash: stored, passwords })).matches
    },
  }
}
