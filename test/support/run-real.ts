// Runs the suite on MySQL or MariaDB and Redis: `npm run test:real [-- file …]`. servers/find.ts finds the servers.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { findDatabase, findRedis } from './servers/find.ts'
import { dropLeftovers } from './servers/leftovers.ts'

const runSuite = async (databaseUrl: string, redisUrl: string): Promise<number> => {
  const tap = spawn(process.execPath, ['node_modules/.bin/tap', ...process.argv.slice(2)], {
    detached: true,
    stdio: 'inherit',
    env: { ...process.env, TEST_DATABASE_URL: databaseUrl, TEST_REDIS_URL: redisUrl },
  })
  // tap exits on a signal only if its test files get it too, so it is a process group of its own. The servers outlive it.
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.on(signal, () => tap.pid && process.kill(-tap.pid, signal))
  const [code] = await once(tap, 'exit')
  return code ?? 1
}

const sayWhatIsMissing = (...missing: string[]) =>
  console.error(`
************************************************************************
  NOT TESTED: the real profile (MySQL, Redis, several processes).
  Missing: ${missing.join(' and ')}.
  Set TEST_DATABASE_URL and TEST_REDIS_URL, install mariadb-server and
  redis-server, or start Docker. Only the embedded profile was tested.
************************************************************************`)

const database = await findDatabase()
const redis = await findRedis()

if (database && redis) {
  console.log(`# Real profile: ${database.version} (${database.source}), ${redis.version} (${redis.source})`)
  await dropLeftovers(database.url)
  process.exitCode = await runSuite(database.url, redis.url)
} else {
  sayWhatIsMissing(...(database ? [] : ['a MySQL or MariaDB server']), ...(redis ? [] : ['a Redis server']))
  process.exitCode = process.env.CI === 'true' ? 1 : 0
}

await Promise.all([database?.discard?.(), redis?.discard?.()])
