// (no decorator) Deletes accounts whose e-mail address was never verified, after UNVERIFIED_ACCOUNTS_KEPT_DAYS.
import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import { errors } from '#schemas/errors.ts'
import { DAY_MS } from '#sql/expired-rows.ts'
import { deleteUser, isUnused, listUnused } from '#sql/user-deletion.ts'

const BATCH = 100
/** Instead of a request's. */
const CLIENT = { ip: null, userAgent: null, limitKey: '' }

export default fp(
  async app => {
    const days = app.config.UNVERIFIED_ACCOUNTS_KEPT_DAYS
    if (days > 0) app.cleanUp.add({ name: 'unverified accounts', run: () => deleteUnused(app, days * DAY_MS) })
  },
  { name: 'unverified', dependencies: ['changes', 'clean-up', 'config', 'db'] },
)

async function deleteUnused({ accounts, db }: FastifyInstance, ageMs: number): Promise<number> {
  const before = Date.now() - ageMs
  let deleted = 0
  for (const { id } of await listUnused(db, before, BATCH)) {
    const deletion = accounts.change(id, CLIENT, async (tx, user) => {
      // The link may have been opened since.
      if (isUnused(user, before) && (await deleteUser(tx, id))) deleted++
    })
    // It may have been deleted since.
    await deletion.catch(error => {
      if (error.code !== errors.userNotFound.code) throw error
    })
  }
  return deleted
}
