import type { Test } from 'tap'
import { startOwnMysql, startOwnRedis, startOwnSentinel } from './binaries.ts'
import type { Server } from './server.ts'

/**
 * A Redis of the test's own, which it may stop, freeze and kill; removed when the test ends. `null` if none is installed: the test
 * is then marked as skipped (failed in CI) and returns.
 */
export const startRedis = (t: Test, args?: string[]): Promise<Server | null> =>
  ownedBy(t, 'redis-server', () => startOwnRedis(args))

/** A Sentinel of the test's own, with these lines in its configuration. */
export const startSentinel = (t: Test, masterPort: number, settings: string[] = []): Promise<Server | null> =>
  ownedBy(t, 'redis-server', () => startOwnSentinel(masterPort, settings))

/** The same for MySQL or MariaDB, whichever is installed. A server URL without a database, as `TEST_DATABASE_URL` is. */
export const startMysql = (t: Test, args?: string[]): Promise<Server | null> =>
  ownedBy(t, 'mariadbd or mysqld', () => startOwnMysql(args))

const ownedBy = async (t: Test, name: string, start: () => Promise<Server | null>) => {
  const server = await start()
  if (server) t.teardown(() => server.discard())
  else if (process.env.CI === 'true') t.fail(`${name} is not installed`)
  else t.pass(`needs ${name}`, { skip: 'not installed' })
  return server
}
