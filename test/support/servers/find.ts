import { Redis } from 'ioredis'
import { createConnection } from 'mysql2/promise'
import { startOwnMysql, startOwnRedis } from './binaries.ts'
import { startContainer } from './docker.ts'

/** A server for the suite: one it found, or one it started and discards afterwards. */
export interface FoundServer {
  url: string
  /** Its name and version: `MySQL 8.4.9`, `MariaDB 10.11.19`, `Redis 7.0.15`. */
  version: string
  source: string
  discard?: () => Promise<void>
}

type Candidate = Pick<FoundServer, 'url' | 'discard'> | null
type Source = () => Promise<Candidate>

/** The suite works in databases named `holocron_test_…` of its own, so a developer's server is safe. */
const MYSQL_SOURCES: Record<string, Source> = {
  local: async () => {
    const urls = ['mysql://root@127.0.0.1:3306/', 'mysql://root:root@127.0.0.1:3306/']
    for (const url of urls) if (await answers(mysqlVersion, url)) return { url }
    return null
  },
  binary: () => startOwnMysql(),
  docker: async () => {
    const container = await startContainer('mysql', 3306)
    return container && { ...container, url: `mysql://root@${container.address}/` }
  },
}

const REDIS_SOURCES: Record<string, Source> = {
  local: async () =>
    (await answers(redisVersion, 'redis://127.0.0.1:6379')) ? { url: 'redis://127.0.0.1:6379' } : null,
  binary: () => startOwnRedis(),
  docker: async () => {
    const container = await startContainer('redis', 6379)
    return container && { ...container, url: `redis://${container.address}` }
  },
}

/** `TEST_DATABASE_URL`, else what `TEST_SERVERS` allows (`local,binary,docker`), in that order. */
export const findDatabase = () => find('TEST_DATABASE_URL', MYSQL_SOURCES, mysqlVersion)

/** `TEST_REDIS_URL`, else the same. */
export const findRedis = () => find('TEST_REDIS_URL', REDIS_SOURCES, redisVersion)

const find = async (
  variable: string,
  sources: Record<string, Source>,
  versionOf: (url: string) => Promise<string>,
): Promise<FoundServer | null> => {
  // A server configured explicitly is never replaced by another.
  const given = process.env[variable]
  if (given) {
    const version = await versionOf(given).catch(cause => {
      throw new Error(`${variable} does not answer`, { cause })
    })
    return { url: given, version, source: variable }
  }

  const allowed = (process.env.TEST_SERVERS ?? 'local,binary,docker').split(',')
  for (const source of allowed) {
    const candidate = await attempt(source, sources[source])
    if (candidate) return { ...candidate, version: await versionOf(candidate.url), source }
  }
  return null
}

/** Reports a broken installation, and tries the next source. */
const attempt = async (name: string, source: Source | undefined): Promise<Candidate> => {
  try {
    return (await source?.()) ?? null
  } catch (error) {
    console.error(`Test server from "${name}" did not start:`, error instanceof Error ? error.message : error)
    return null
  }
}

const answers = (versionOf: (url: string) => Promise<string>, url: string) =>
  versionOf(url).then(
    () => true,
    () => false,
  )

const mysqlVersion = async (url: string) => {
  const connection = await createConnection({ uri: url, connectTimeout: 3_000 })
  const [rows] = await connection.query('SELECT VERSION() AS version')
  await connection.end()
  const { version } = Array.isArray(rows) ? (rows[0] as { version: string }) : { version: '' }
  return version.includes('MariaDB') ? `MariaDB ${version.split('-')[0]}` : `MySQL ${version}`
}

const redisVersion = async (url: string) => {
  const redis = new Redis(url, { lazyConnect: true, connectTimeout: 3_000, retryStrategy: () => null })
  redis.on('error', () => {})
  try {
    await redis.connect()
    return `Redis ${/redis_version:(\S+)/.exec(await redis.info('server'))?.[1]}`
  } finally {
    redis.disconnect()
  }
}
