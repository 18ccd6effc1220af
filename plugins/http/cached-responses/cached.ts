/** After a failed renewal (ms), at most. */
const RETRY_MS = 60_000

export interface Cached<Result> {
  (): Promise<Result>
  /** Call it after a change: whoever asks from then on gets a result that is made anew. */
  expire(): void
}

/**
 * Remembers a result for a while (ms). Those who ask while it is being made share it. A failure is not remembered; where there is an older result, that one
 * serves on.
 */
export function cached<Result>(make: () => Promise<Result>, ttlMs: number): Cached<Result> {
  let last: { result: Result } | undefined
  let goodUntil = 0
  let making: Promise<Result> | undefined
  let expirations = 0

  async function renew(): Promise<Result> {
    const started = expirations
    const isCurrent = () => started === expirations
    try {
      const result = await make()
      // One that was expired while it was being made is for those who asked before.
      if (isCurrent()) {
        last = { result }
        goodUntil = Date.now() + ttlMs
      }
      return result
    } catch (error) {
      if (!last) throw error
      if (isCurrent()) goodUntil = Date.now() + Math.min(ttlMs, RETRY_MS)
      return last.result
    } finally {
      if (isCurrent()) making = undefined
    }
  }

  async function get(): Promise<Result> {
    if (last && Date.now() < goodUntil) return last.result
    making ??= renew()
    return making
  }

  function expire(): void {
    expirations++
    goodUntil = 0
    making = undefined
  }

  return Object.assign(get, { expire })
}
