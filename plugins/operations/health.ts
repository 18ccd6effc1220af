// app.health: is this process ready to serve? Each plugin adds a check of what it stands on.
import fp from 'fastify-plugin'

export type CheckStatus = 'up' | 'down' | 'absent'

export interface Health {
  status: 'ok' | 'degraded' | 'unavailable'
  checks: Record<string, CheckStatus>
}

export interface HealthCheck {
  /** What it means for the process when the check is down: not ready (503), or ready with restrictions. */
  whenDown: 'unavailable' | 'degraded'
  /** Runs at every readiness probe. A rejection counts as `down`, and so does a check that takes longer than a second. */
  check(): CheckStatus | Promise<CheckStatus>
}

declare module 'fastify' {
  interface FastifyInstance {
    health: {
      /** Adds a check to the readiness report under this name. */
      add(name: string, check: HealthCheck): void
      /** Runs all checks side by side. Probes that arrive meanwhile share the result: anybody may probe in a loop. */
      check(): Promise<Health>
      /** Reports `unavailable` from now on: the process is about to stop. */
      drain(): void
    }
  }
}

const CHECK_TIMEOUT_MS = 1000

export default fp(
  async app => {
    const checks = new Map<string, HealthCheck>()
    let draining = false
    let running: Promise<[name: string, status: CheckStatus][]> | undefined

    async function runAll() {
      const results = [...checks].map(async ([name, check]): Promise<[string, CheckStatus]> => [name, await run(check)])
      return Promise.all(results).finally(() => {
        running = undefined
      })
    }

    app.decorate('health', {
      add(name, check) {
        if (checks.has(name)) throw new Error(`health check ${name} was added already`)
        checks.set(name, check)
      },
      async check() {
        running ??= runAll()
        const results = await running
        const failed = results.filter(([, status]) => status === 'down').map(([name]) => checks.get(name)?.whenDown)
        const unavailable = draining || failed.includes('unavailable')
        const status = unavailable ? 'unavailable' : failed.includes('degraded') ? 'degraded' : 'ok'
        return { status, checks: Object.fromEntries(results) }
      },
      drain() {
        draining = true
      },
    })
  },
  { name: 'health' },
)

async function run({ check }: HealthCheck): Promise<CheckStatus> {
  const timeout = Promise.withResolvers<CheckStatus>()
  const timer = setTimeout(timeout.resolve, CHECK_TIMEOUT_MS, 'down')
  const result = Promise.try(check).catch((): CheckStatus => 'down')
  return Promise.race([result, timeout.promise]).finally(() => clearTimeout(timer))
}
