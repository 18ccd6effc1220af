// app.redis.holocron: @fastify/redis over a client of ours; absent in the embedded profile. Redis is a cache and a channel, never the source of truth: the service starts and runs without it.
import { once } from 'node:events'
import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import type { Cluster, Redis, RedisOptions } from 'ioredis'
import { ConfigError } from './config/index.ts'
import { parseRedisUrl } from './config/redis-url.ts'

/** Maximum wait for the first connection (ms): servers that accept connections and say nothing must not prevent the start. */
const FIRST_ATTEMPT_MAX_MS = 3000

/** A frozen Redis holds up no request for longer (ms). */
const COMMAND_TIMEOUT_MS = 200

const OPTIONS = {
  commandTimeout: COMMAND_TIMEOUT_MS,
  connectTimeout: 2000,
  // While Redis is down, commands fail at once instead of queueing up.
  enableOfflineQueue: false,
  maxRetriesPerRequest: 0,
  // A silent connection is replaced: its peer may be long gone without having closed it (ms).
  socketTimeout: 5000,
  // Subscribers subscribe again at every `ready`. ioredis' own attempt may fail unhandled, which would end the process.
  autoResubscribe: false,
  retryStrategy: (attempt: number) => Math.min(attempt * 100, 2000),
} satisfies RedisOptions

export default fp(
  async app => {
    const { REDIS_URL } = app.config
    const client = REDIS_URL ? await createClient(REDIS_URL) : undefined
    app.health.add('redis', {
      whenDown: 'degraded',
      check: async () => (client ? client.ping().then(() => 'up') : 'absent'),
    })
    if (!client) return decorate(app, {})
    logOutages(app, client)
    app.addHook('onClose', () => client.disconnect())
    const { default: fastifyRedis } = await import('@fastify/redis')
    const failure = await firstAttempt(client)
    if (/DB index/.test(failure ?? '')) {
      client.disconnect()
      // The keys would go to database 0.
      throw new ConfigError(`REDIS_URL: the database cannot be selected (${failure})`)
    }
    // The package waits for a client that is not ready, and an outage would keep the service from starting. So nothing is awaited between this check and it.
    if (client.status === 'ready') {
      await app.register(fastifyRedis, { client, namespace: 'holocron' })
      return
    }
    app.log.warn({ error: failure }, 'redis unavailable, starting without it')
    decorate(app, { holocron: client })
  },
  { name: 'redis', dependencies: ['config', 'health'] },
)

/** Registered with a namespace, @fastify/redis decorates with a plain object. Its types say that this is a client as well. */
function decorate(app: FastifyInstance, namespaces: { holocron?: Redis | Cluster }): void {
  app.decorate('redis', namespaces as FastifyInstance['redis'])
}

async function createClient(url: string): Promise<Redis | Cluster> {
  // Loaded on demand: the embedded profile starts faster without it.
  const { Cluster, Redis } = await import('ioredis')
  const { kind, tls, hosts, master, ...credentials } = parseRedisUrl(url)
  const options = { ...OPTIONS, ...credentials, ...(tls && { tls: {} }) }
  if (kind === 'cluster') return new Cluster(hosts, { enableOfflineQueue: false, redisOptions: options })
  if (kind === 'single') return new Redis({ ...options, ...hosts[0] })
  return new Redis({
    ...options,
    sentinels: hosts,
    name: master,
    enableTLSForSentinelMode: tls,
    ...(tls && { sentinelTLS: {} }),
  })
}

/** One line when an outage begins and one when it ends, however often the client tries to reconnect. */
function logOutages(app: FastifyInstance, client: Redis | Cluster): void {
  let away = false
  client.on('error', error => {
    if (!away) app.log.warn({ error: error.message }, 'redis unavailable, reconnecting')
    away = true
  })
  client.on('ready', () => {
    if (away) app.log.info('redis available again')
    away = false
  })
}

/** Waits for the first connection attempt, so that a healthy Redis is used from the first request on. Resolves to why it failed. */
function firstAttempt(redis: Redis | Cluster): Promise<string | undefined> {
  if (redis.status === 'ready') return Promise.resolve(undefined)
  const signal = AbortSignal.timeout(FIRST_ATTEMPT_MAX_MS)
  return Promise.race([
    once(redis, 'ready', { signal }).then(() => undefined, reason),
    once(redis, 'error').then(([error]) => reason(error), reason),
    once(redis, 'close').then(() => 'connection closed', reason),
  ])
}

const reason = (error: Error): string => error.message
