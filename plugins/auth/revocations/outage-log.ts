import type { FastifyBaseLogger } from 'fastify'

/** Logs an outage when it begins and when it ends, however many attempts fail in between. */
export function outageLog(log: FastifyBaseLogger, name: string) {
  let failing = false

  function failed(error: unknown): void {
    if (!failing) log.warn({ error: (error as Error).message }, `${name} failing`)
    failing = true
  }

  function succeeded(): void {
    if (failing) log.info(`${name} recovered`)
    failing = false
  }

  return {
    failed,
    /** Never rejects. */
    watch: (attempt: Promise<unknown> | undefined): Promise<void> =>
      attempt === undefined ? Promise.resolve() : attempt.then(succeeded, failed),
  }
}
