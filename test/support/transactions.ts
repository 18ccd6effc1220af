/** Transactions that fail where a test wants them to. */
import type { FastifyInstance } from 'fastify'
import type { KyselyPlugin, Transaction } from 'kysely'
import type { Test } from 'tap'
import type { Tables } from '#sql/tables.ts'

type Work = (tx: Transaction<Tables>) => Promise<unknown>

const lost = () => Object.assign(new Error('the connection is lost'), { code: 'ECONNRESET' })

/** The database commits, but its answer never arrives. */
export function loseCommits(t: Test, app: FastifyInstance) {
  return intercept(t, app, async (run, work) => {
    await run(work)
    throw lost()
  })
}

/** The connection is lost at the first UPDATE of a transaction whose SQL names this table. */
export function failUpdates(t: Test, app: FastifyInstance, table: keyof Tables) {
  const plugin: KyselyPlugin = {
    transformQuery({ node }) {
      if (node.kind === 'UpdateQueryNode' && JSON.stringify(node.table).includes(`"${table}"`)) throw lost()
      return node
    },
    transformResult: async ({ result }) => result,
  }
  return intercept(t, app, (run, work) => run(tx => work(tx.withPlugin(plugin))))
}

/** Another request slips in: between what the next transaction was begun for and its first statement. */
export function beforeNextTransaction(t: Test, app: FastifyInstance, work: () => Promise<unknown>) {
  const intercepted = intercept(t, app, async (run, own) => {
    intercepted.restore()
    await work()
    return run(own)
  })
}

function intercept(
  t: Test,
  app: FastifyInstance,
  execute: (run: (work: Work) => Promise<unknown>, work: Work) => Promise<unknown>,
) {
  const { db } = app
  const own = db.transaction.bind(db)
  const intercepted = t.intercept(db, 'transaction', {
    value: () => ({ execute: (work: Work) => execute(work => own().execute(work), work) }),
  })
  t.teardown(intercepted.restore)
  return intercepted
}
