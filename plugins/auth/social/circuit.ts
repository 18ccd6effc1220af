/** Keeps a provider that fails from holding up anything else: requests to it are bounded, and given up for a while after repeated failures. */
import { errors } from '#schemas/errors.ts'

const FAILURES_MAX = 5
const OPEN_MS = 30_000
const IN_FLIGHT_MAX = 20

/** A failure after which the provider says how long to leave it alone (seconds). */
export class ProviderBusy extends Error {
  readonly retryAfter: number

  constructor(retryAfter: number) {
    super('the provider limits our requests')
    this.retryAfter = retryAfter
  }
}

export class Circuit {
  #failures = 0
  #openUntil = 0
  #inFlight = 0
  readonly counts = { succeeded: 0, failed: 0, rejected: 0 }

  get isOpen(): boolean {
    return this.#openUntil > Date.now()
  }

  /** @throws providerUnavailable, instead of what `request` throws too */
  async run<Result>(request: () => Promise<Result>): Promise<Result> {
    if (this.isOpen || this.#inFlight >= IN_FLIGHT_MAX) {
      this.counts.rejected++
      throw errors.providerUnavailable({ retryAfter: this.#secondsLeft() })
    }
    this.#inFlight++
    try {
      const result = await request()
      this.#failures = 0
      this.counts.succeeded++
      return result
    } catch (error) {
      this.counts.failed++
      this.#failed(error)
      throw errors.providerUnavailable({ retryAfter: this.#secondsLeft(), cause: error })
    } finally {
      this.#inFlight--
    }
  }

  /** After a pause one more failure opens it again. */
  #failed(error: unknown): void {
    if (error instanceof ProviderBusy) this.#openUntil = Date.now() + Math.min(error.retryAfter * 1000, OPEN_MS)
    else if (++this.#failures >= FAILURES_MAX) this.#openUntil = Date.now() + OPEN_MS
  }

  #secondsLeft(): number {
    return Math.max(1, Math.ceil((this.#openUntil - Date.now()) / 1000))
  }
}
