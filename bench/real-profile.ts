/** The real profile: MySQL and Redis that are there already, in a database and under a key prefix of the bench's own, both removed at its end. */
import { randomBytes } from 'node:crypto'
import { Redis } from 'ioredis'
import { createConnection } from 'mysql2/promise'
import { atEnd } from './processes.ts'
import type { Profile } from './service.ts'

/**
 * Prepares servers named by TEST_DATABASE_URL and TEST_REDIS_URL, or else those on this machine's default ports.
 * Whatever database the URL names is left alone.
 * @param suffix tells several databases of one bench apart
 */
export async function real(environment: NodeJS.ProcessEnv, suffix = ''): Promise<Profile> {
  const name = `holocron_test_bench_${process.pid}${suffix}`
  const database = await ownDatabase(environment.TEST_DATABASE_URL || 'mysql://root@127.0.0.1:3306', name)
  const redis = environment.TEST_REDIS_URL || 'redis://127.0.0.1:6379'
  atEnd(() => forgetKeys(redis, `${name}:`))
  return {
    name: 'real',
    env: {
      DATABASE_URL: database,
      MIGRATE_ON_START: 'true',
      REDIS_URL: redis,
      REDIS_PREFIX: `${name}:`,
      SECRET: randomBytes(32).toString('base64url'),
    },
  }
}

async function ownDatabase(server: string, name: string): Promise<string> {
  const url = new URL(server)
  url.pathname = '/'
  const execute = async (statement: string) => {
    const connection = await createConnection(url.href)
    await connection.query(statement).finally(() => connection.end())
  }
  await execute(`CREATE DATABASE ${name}`)
  atEnd(() => execute(`DROP DATABASE ${name}`))
  url.pathname = `/${name}`
  return url.href
}

async function forgetKeys(url: string, prefix: string): Promise<void> {
  const redis = new Redis(url)
  for await (const keys of redis.scanStream({ match: `${prefix}*`, count: 1000 }) as AsyncIterable<string[]>) {
    if (keys.length > 0) await redis.unlink(...keys)
  }
  await redis.quit()
}
