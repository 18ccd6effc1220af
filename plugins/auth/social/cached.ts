/** After a failed renewal (ms), at most. */
const RETRY_MS = 60_000

/**
 * Remembers a result for a while (ms). Those who ask while it is being made share it. A failure is not remembered; where there is an older result, that one
 * serves on.
 */
export function cached<Result>(make: () => Promise<Result>, ttlMs: number): () => Promise<Result> {
  let last: { result: Result } | undefined
  let goodUntil = 0
  let making: Promise<Result> | undefined

  async function renew(): Promise<Result> {
    try {
      last = { result: await make() }
      goodUntil = Date.now() + ttlMs
      return last.result
    } catch (error) {
      if (!last) throw error
      goodUntil = Date.now() + Math.min(ttlMs, RETRY_MS)
      return last.result
    } finally {
      making = undefined
    }
  }

  return async () => {
    if (last && Date.now() < goodUntil) return last.result
    making ??= renew()
    return making
  }
}
