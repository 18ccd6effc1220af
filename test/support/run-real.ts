// Runs the suite on MySQL or MariaDB and Redis: `npm run test:real [-- file …]`. servers/find.ts finds the servers.
import { createDatabase, databaseOn, dropDatabase, makeTemplate, stopWaitingForDisk } from './databases.ts'
import { runTap } from './run-tap.ts'
import { findDatabase, findRedis } from './servers/find.ts'
import { dropLeftovers } from './servers/leftovers.ts'

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
  // A developer's server keeps its settings.
  if (process.env.CI === 'true') await stopWaitingForDisk(database.url)
  await dropLeftovers(database.url)
  const template = await createDatabase(database.url)
  const env = {
    TEST_DATABASE_URL: database.url,
    TEST_REDIS_URL: redis.url,
    TEST_TEMPLATE_URL: databaseOn(database.url, template),
  }
  try {
    await makeTemplate(env.TEST_TEMPLATE_URL)
    process.exitCode = await runTap(process.argv.slice(2), env)
  } finally {
    await dropDatabase(database.url, template)
  }
} else {
  sayWhatIsMissing(...(database ? [] : ['a MySQL or MariaDB server']), ...(redis ? [] : ['a Redis server']))
  process.exitCode = process.env.CI === 'true' ? 1 : 0
}

await Promise.all([database?.discard?.(), redis?.discard?.()])
