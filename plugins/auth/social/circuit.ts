/** Keeps a provider that fails from holding up anything else: requests to it are bounded, and after repeated failures none is sent for a while. */
import { errors } from '#schemas/errors.ts'

const FAILURES_MAX = 5
const OPEN_MS = 30_000
const IN_FLIGHT_MAX = 20

/** The provider limits requests, perhaps those of a single user: others' logins go on, or one user could end them all. */
export class ProviderBusy extends Error {
  /** Seconds. */
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
    if (this.isOpen || this.#inFlight >= this.#inFlightMax()) {
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
      const retryAfter = error instanceof ProviderBusy ? error.retryAfter : this.#secondsLeft()
      throw errors.providerUnavailable({ retryAfter, cause: error })
    } finally {
      this.#inFlight--
    }
  }

  #failed(error: unknown): void {
    if (error instanceof ProviderBusy) return
    if (++this.#failures >= FAILURES_MAX) this.#openUntil = Date.now() + OPEN_MS
  }

  /** After the pause a single request finds out whether the provider is back: another failure opens it again. */
  #inFlightMax(): number {
    return this.#failures >= FAILURES_MAX ? 1 : IN_FLIGHT_MAX
  }

  #secondsLeft(): number {
    return Math.max(1, Math.ceil((this.#openUntil - Date.now()) / 1000))
  }
}
