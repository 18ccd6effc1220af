/** Keeps a provider that fails from holding up anything else: requests to it are bounded, and after repeated failures none is sent for a while. */
import { errors } from '#schemas/errors.ts'

const FAILURES_MAX = 5
const OPEN_MS = 30_000
const IN_FLIGHT_MAX = 20

/** Fails one login, and may be its user's doing: if it counted, one user could end the logins of all. */
export class SingleFailure extends Error {
  /** Seconds. */
  readonly retryAfter: number

  constructor(problem: string, retryAfter: number) {
    super(problem)
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
      const retryAfter = error instanceof SingleFailure ? error.retryAfter : this.#secondsLeft()
      throw errors.providerUnavailable({ retryAfter, cause: error })
    } finally {
      this.#inFlight--
    }
  }

  #failed(error: unknown): void {
    if (error instanceof SingleFailure) return
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

/** The circuits of a provider: one for each endpoint. */
export class Circuits {
  #byEndpoint = new Map<string, Circuit>()

  of(endpoint: string): Circuit {
    const circuit = this.#byEndpoint.get(endpoint) ?? new Circuit()
    this.#byEndpoint.set(endpoint, circuit)
    return circuit
  }

  get isOpen(): boolean {
    return [...this.#byEndpoint.values()].some(({ isOpen }) => isOpen)
  }

  get counts(): Circuit['counts'] {
    const sum = { succeeded: 0, failed: 0, rejected: 0 }
    for (const { counts } of this.#byEndpoint.values())
      for (const outcome of ['succeeded', 'failed', 'rejected'] as const) sum[outcome] += counts[outcome]
    return sum
  }
}
