import { setTimeout as delay } from 'node:timers/promises'

/** Verifications take longer than measured now and then. */
const MARGIN = 1.5
const MEASUREMENTS = 3
/** Interval at which failures look for newly imported hashes (ms). */
const REREAD_MS = 60_000

export type FailureFloor = ReturnType<typeof failureFloor>

/**
 * The minimum duration of a failed verification: that of the slowest hash which any account holds. Otherwise the time would reveal whether there
 * is an account, and of which kind (enumeration). Which hashes there are is stored in the database; how long they take is measured once per process.
 * Without foreign hashes there is no minimum.
 * @param readSamples one hash for each kind of foreign hash that accounts hold
 * @param measure verifies a hash and returns the duration (ms)
 * @param own a hash with our own parameters
 */
export function failureFloor(
  readSamples: () => Promise<string[]>,
  measure: (hash: string) => Promise<number>,
  own: string,
) {
  const durations = new Map<string, number>()
  let current = Promise.resolve(0)
  let readAt = -Infinity

  async function durationOf(hash: string): Promise<number> {
    const known = durations.get(hash)
    if (known !== undefined) return known
    const measured: number[] = []
    for (let i = 0; i < MEASUREMENTS; i++) measured.push(await measure(hash))
    const median = measured.sort((a, b) => a - b)[MEASUREMENTS >> 1] ?? 0
    durations.set(hash, median)
    return median
  }

  async function compute(): Promise<number> {
    const samples = await readSamples()
    let longest = 0
    if (samples.length > 0) for (const hash of [own, ...samples]) longest = Math.max(longest, await durationOf(hash))
    return longest * MARGIN
  }

  /** Until the new floor is known, or if that fails, the previous one applies. */
  async function refresh(): Promise<void> {
    readAt = performance.now()
    const floor = await compute().catch(() => undefined)
    if (floor !== undefined) current = Promise.resolve(floor)
  }

  return {
    refresh,
    /** Failures wait until the first measurement is done. */
    start(): void {
      readAt = performance.now()
      current = compute().catch(() => 0)
    },
    /**
     * Resolves when the failure may be reported.
     * @param since the start of the verification (`performance.now()`)
     * @param forms of the password that foreign hashes are verified with: each takes as long as the measured one
     */
    async reached(since: number, forms = 1): Promise<void> {
      if (performance.now() - readAt > REREAD_MS) void refresh()
      const left = since + forms * (await current) - performance.now()
      if (left > 0) await delay(left)
    },
  }
}
