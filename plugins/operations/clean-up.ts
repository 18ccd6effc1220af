// app.cleanUp: deletes expired rows, in one process at a time and in small batches. Each plugin adds what it leaves behind.
import { setTimeout as pause } from 'node:timers/promises'
import fp from 'fastify-plugin'
import { isUnavailable } from '#sql/connection/errors.ts'
import { deleteExpired, type ExpiringRows } from '#sql/expired-rows.ts'
import { releaseLease, takeLease } from '#sql/leases.ts'

interface Job {
  /** For the log. */
  name: string
  /** Does one batch. @returns the number of rows it deleted or changed; 0 when nothing is left to do */
  run(): Promise<number>
}

declare module 'fastify' {
  interface FastifyInstance {
    cleanUp: {
      /** Adds rows to delete once they have expired, or a job of another kind. */
      add(task: ExpiringRows | Job): void
      /** Runs now, unless another process holds the lease. @returns the number of rows deleted or changed */
      run(): Promise<number>
    }
  }
}

/** Time limit of a run; what is left waits for the next. */
const RUN_TIMEOUT_MS = 60_000
/** The lease of a process that crashed ends this long after its run would have. */
const LEASE_MARGIN_MS = 30_000
/** Between two rounds, so that requests get their turn at the database. */
const PAUSE_MS = 20

export default fp(
  async app => {
    const jobs: Job[] = []
    const stopping = new AbortController()
    let running: Promise<unknown> = Promise.resolve()
    let busy = false

    async function run(): Promise<number> {
      const deadline = Date.now() + RUN_TIMEOUT_MS
      const lease = deadline + LEASE_MARGIN_MS
      if (!(await takeLease(app.db, 'clean-up', lease))) return 0
      const rows = await runJobs(deadline)
      await releaseLease(app.db, 'clean-up', lease)
      if (rows > 0) app.log.info({ rows }, 'clean-up finished')
      return rows
    }

    /** Round by round, so that a job with much to do does not hold up the others; those with nothing left drop out. */
    async function runJobs(deadline: number): Promise<number> {
      let total = 0
      let round = [...jobs]
      while (round.length > 0 && Date.now() < deadline && !stopping.signal.aborted) {
        const unfinished: Job[] = []
        for (const job of round) {
          const rows = await runJob(job)
          total += rows
          if (rows > 0) unfinished.push(job)
        }
        round = unfinished
        await pause(PAUSE_MS)
      }
      return total
    }

    /** A job that fails must not keep the others from running, today and every day. */
    async function runJob(job: Job): Promise<number> {
      try {
        return await job.run()
      } catch (err) {
        app.log[isUnavailable(err) ? 'warn' : 'error']({ err, job: job.name }, 'clean-up job failed')
        return 0
      }
    }

    const timer = setInterval(() => {
      if (busy || !app.worksInBackground) return
      busy = true
      running = run()
        .catch(err => app.log[isUnavailable(err) ? 'warn' : 'error']({ err }, 'clean-up failed'))
        .finally(() => {
          busy = false
        })
    }, app.config.CLEAN_UP_SECONDS * 1000).unref()
    app.addHook('onClose', async () => {
      clearInterval(timer)
      stopping.abort()
      await running
    })
    app.decorate('cleanUp', {
      add: task => void jobs.push('run' in task ? task : { name: task.table, run: () => deleteExpired(app.db, task) }),
      run,
    })
  },
  { name: 'clean-up', dependencies: ['config', 'db'] },
)
