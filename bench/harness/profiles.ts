/** Where the service keeps its data: a folder (embedded), or MySQL and Redis (real). */
import { randomBytes } from 'node:crypto'
import { Redis } from 'ioredis'
import { createConnection } from 'mysql2/promise'
import { teardown } from './teardown.ts'

export interface Profile {
  name: 'embedded' | 'real'
  /** Environment variables of the service. */
  env: Record<string, string>
}

/** Nothing but a folder. */
export function embedded(): Profile {
  return { name: 'embedded', env: { SECRET: secret() } }
}

/**
 * MySQL and Redis of TEST_DATABASE_URL and TEST_REDIS_URL, or else of this machine's default ports, with a database and a key prefix of its own that are
 * removed at the end. The database named by the URL is not touched.
 * @param suffix tells several databases of one benchmark apart
 */
export async function real(suffix = ''): Promise<Profile> {
  const name = `holocron_test_bench_${process.pid}${suffix}`
  const database = await createDatabase(process.env.TEST_DATABASE_URL || 'mysql://root@127.0.0.1:3306', name)
  const redis = process.env.TEST_REDIS_URL || 'redis://127.0.0.1:6379'
  teardown(() => deleteKeys(redis, `${name}:`))
  return {
    name: 'real',
    env: {
      DATABASE_URL: database,
      MIGRATE_ON_START: 'true',
      REDIS_URL: redis,
      REDIS_PREFIX: `${name}:`,
      SECRET: secret(),
    },
  }
}

const secret = () => randomBytes(32).toString('base64url')

async function createDatabase(server: string, name: string): Promise<string> {
  const url = new URL(server)
  url.pathname = '/'
  const execute = async (statement: string) => {
    const connection = await createConnection(url.href)
    await connection.query(statement).finally(() => connection.end())
  }
  await execute(`CREATE DATABASE ${name}`)
  teardown(() => execute(`DROP DATABASE ${name}`))
  url.pathname = `/${name}`
  return url.href
}

async function deleteKeys(url: string, prefix: string): Promise<void> {
  const redis = new Redis(url)
  for await (const keys of redis.scanStream({ match: `${prefix}*`, count: 1000 }) as AsyncIterable<string[]>) {
    if (keys.length > 0) await redis.unlink(...keys)
  }
  await redis.quit()
}
