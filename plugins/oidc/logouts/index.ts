// app.logouts: tells applications that their sessions ended, whatever ended them (OpenID Connect Back-Channel Logout).
import fp from 'fastify-plugin'
import { claimLogout, listDueLogouts, type OAuthLogout } from '#sql/oauth-logouts.ts'
import { createWorker } from '#sql/queue-worker.ts'
import { delivery } from './deliver.ts'
import { createEndedGrants } from './ended-grants.ts'

declare module 'fastify' {
  interface FastifyInstance {
    logouts: {
      /** Looks for sessions that ended unnoticed by this process, and tells what is due. */
      poll(): Promise<void>
      /** Resolves once everything that was due has been attempted. */
      idle(): Promise<void>
    }
  }
}

/** More than one application that does not respond. */
const MAX_CONCURRENT_DELIVERIES = 10
const TIMEOUT_MS = 5000

export default fp(
  async app => {
    const { config, db, log, revocations } = app
    const deliver = delivery(app, TIMEOUT_MS)
    const worker = createWorker<OAuthLogout>(log, {
      name: 'logouts',
      concurrency: MAX_CONCURRENT_DELIVERIES,
      timeoutMs: TIMEOUT_MS,
      due: limit => listDueLogouts(db, Date.now(), limit),
      claim: (logout, until) => claimLogout(db, logout, until),
      deliver: app.traces?.job('logout', deliver) ?? deliver,
      idOf: ({ session_id }) => session_id,
    })
    const wake = app.worksInBackground ? worker.wake : () => {}
    const endedGrants = createEndedGrants(app, wake)
    revocations.onEnded(
      ids => void (ids === 'all' ? app.worksInBackground && endedGrants.scanAll() : endedGrants.add(ids)),
    )

    async function poll(): Promise<void> {
      await endedGrants.scan()
      wake()
    }

    app.decorate('logouts', {
      poll,
      async idle() {
        await endedGrants.idle()
        await worker.idle()
      },
    })
    // A transaction may commit long after the times that it wrote.
    app.cleanUp.add({ name: 'ended grants', run: endedGrants.scanAll })
    const timer = setInterval(() => app.worksInBackground && void poll(), config.REVOCATION_SYNC_SECONDS * 1000).unref()
    app.addHook('onReady', async () => {
      // Not awaited: what ended while no process ran may be much.
      if (app.worksInBackground) void poll()
    })
    app.addHook('onClose', async () => {
      clearInterval(timer)
      await endedGrants.idle()
      await worker.stop()
    })
  },
  { name: 'logouts', dependencies: ['clean-up', 'clients', 'config', 'db', 'keys', 'outbound', 'revocations'] },
)
