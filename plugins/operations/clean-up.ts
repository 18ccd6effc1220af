// app.cleanUp: takes away what nobody needs any more, on one instance at a time, in small bites.
import { setTimeout as pause } from 'node:timers/promises'
import fp from 'fastify-plugin'
import { cleanUp } from '#sql/clean-up.ts'
import { releaseLease, takeLease } from '#sql/leases.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** Cleans up now, unless another instance is at it. Answers how many rows went, or were sealed anew. */
    cleanUp(): Promise<number>
  }
}

const DAY = 86_400_000
/** A run has so long (ms); what is left waits for the next. */
const RUN = 60_000
/** A process that died holds its lease for so long beyond its run (ms). */
const GRACE = 30_000
/** Between two bites others get their turn (ms). */
const BREATH = 20

export default fp(
  async app => {
    const { CLEAN_UP_SECONDS, EVENTS_KEPT_DAYS, ACCESS_TOKEN_TTL_SECONDS, EMAIL_TOKEN_TTL_SECONDS } = app.config
    const keep = {
      sessions: DAY + ACCESS_TOKEN_TTL_SECONDS * 1000,
      mails: 7 * DAY,
      // A mail that does not get through is given up after a day.
      emailChanges: 2 * DAY + EMAIL_TOKEN_TTL_SECONDS * 1000,
      events: EVENTS_KEPT_DAYS * DAY,
      challenges: DAY,
    }
    const stopping = new AbortController()
    let running: Promise<unknown> = Promise.resolve()

    async function run(): Promise<number> {
      const end = Date.now() + RUN
      const lease = end + GRACE
      if (!(await takeLease(app.db, 'clean-up', lease))) return 0
      let total = 0
      for (let gone = -1; gone !== 0 && Date.now() < end && !stopping.signal.aborted; await pause(BREATH)) {
        gone = await cleanUp(app.db, keep)
        total += gone
      }
      total += await app.mfa.reseal()
      await releaseLease(app.db, 'clean-up', lease)
      if (total > 0) app.log.info({ rows: total }, 'cleaned up')
      return total
    }

    const timer = setInterval(() => {
      running = run().catch(err => app.log.warn({ err }, 'not cleaned up: trying again later'))
    }, CLEAN_UP_SECONDS * 1000).unref()
    app.addHook('onClose', async () => {
      clearInterval(timer)
      stopping.abort()
      await running
    })
    app.decorate('cleanUp', run)
  },
  { name: 'clean-up', dependencies: ['config', 'db', 'mfa'] },
)
