/** Finds grants whose session has ended, deletes their codes and tokens, and queues logout tokens for the applications. */
import type { FastifyInstance } from 'fastify'
import { readClock } from '#sql/connection/clock.ts'
import { slices } from '#sql/connection/slices.ts'
import { transaction } from '#sql/connection/transaction.ts'
import { deleteGrant, type EndedGrant, findEndedGrants, listEndedGrants } from '#sql/ended-grants.ts'
import { addLogout } from '#sql/oauth-logouts.ts'
import { logoutTargetOf } from '../clients/metadata.ts'

/** Grants that a scan reads at once. */
const GRANTS_MAX = 10_000
/** How long after writing its times a transaction may commit and still be seen by the next scan (ms). */
const COMMIT_DELAY_MS = 60_000

/** None of these rejects: what failed is found by the next scan. */
interface EndedGrants {
  /** Enqueues sessions that this process has ended. */
  add(sessionIds: string[]): void
  /** Processes what ended since the last scan in other processes: one that crashed, or a command. */
  scan(): Promise<unknown>
  /** Processes all ended grants. @returns how many */
  scanAll(): Promise<number>
  idle(): Promise<unknown>
}

/** @param queued called when a logout token is to be sent */
export function createEndedGrants({ db, log, oauthClients }: FastifyInstance, queued: () => void): EndedGrants {
  const pending = new Set<string>()
  /** End of the last scan (ms, by the database's clock). */
  let scannedTo: number | undefined
  let latest: Promise<number> = Promise.resolve(0)

  /** Runs one job at a time, so that they leave connections of the pool to requests. */
  function enqueue(work: () => Promise<number>): Promise<number> {
    latest = latest.then(work).catch(err => {
      log.error({ err }, 'ended grants unavailable, retrying')
      return 0
    })
    return latest
  }

  async function processGrants(grants: EndedGrant[]): Promise<number> {
    for (const grant of grants) if (await processGrant(grant)) queued()
    return grants.length
  }

  /** @returns whether a logout token is to be sent */
  async function processGrant(grant: EndedGrant): Promise<boolean> {
    const client = await oauthClients.find(grant.client_id)
    const target = client && logoutTargetOf(client)
    return transaction(db, async tx => {
      if (!(await deleteGrant(tx, grant.id))) return false
      if (target) await addLogout(tx, grant, target)
      // The removal of an application has queued its logouts already.
      return target !== undefined || client === undefined
    })
  }

  async function processPending(): Promise<number> {
    const sessionIds = [...pending]
    pending.clear()
    let count = 0
    for (const ids of slices(sessionIds)) count += await processGrants(await findEndedGrants(db, ids))
    return count
  }

  async function scanSince(since: number | undefined): Promise<number> {
    let count = 0
    while (true) {
      const found = await processGrants(await listEndedGrants(db, since, GRANTS_MAX))
      count += found
      if (found < GRANTS_MAX) return count
    }
  }

  return {
    add(sessionIds) {
      if (pending.size === 0) void enqueue(processPending)
      for (const id of sessionIds) pending.add(id)
    },
    scan: () =>
      enqueue(async () => {
        const now = await readClock(db)
        // A clock that was set back must not hide what was written after it.
        const count = await scanSince(scannedTo && Math.min(scannedTo, now) - COMMIT_DELAY_MS)
        scannedTo = now
        return count
      }),
    scanAll: () => enqueue(() => scanSince(undefined)),
    idle: () => latest,
  }
}
