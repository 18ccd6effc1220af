// app.redis.holocron: @fastify/redis over a client of ours; absent in the embedded profile. Redis is a cache and a channel, never the source of truth: the service starts and runs without it.
import { once } from 'node:events'
import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import type { Cluster, Redis, RedisOptions } from 'ioredis'

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
    client.on('error', error => app.log.warn({ error: error.message }, 'redis connection error'))
    app.addHook('onClose', () => client.disconnect())
    const { default: fastifyRedis } = await import('@fastify/redis')
    // The package waits for a client that is not ready, and an outage would keep the service from starting. So nothing is awaited between this check and it.
    if ((await firstAttempt(client)) === 'ready' && client.status === 'ready') {
      await app.register(fastifyRedis, { client, namespace: 'holocron' })
      return
    }
    app.log.warn('redis unavailable, starting without it')
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
  const { protocol, hosts, path, username, password } = parse(url)
  const tls = protocol.startsWith('rediss') ? { tls: {} } : {}
  const credentials = { ...(username && { username }), ...(password && { password }) }
  if (protocol.endsWith('+cluster')) {
    return new Cluster(hosts, { enableOfflineQueue: false, redisOptions: { ...OPTIONS, ...tls, ...credentials } })
  }
  if (protocol.endsWith('+sentinel')) {
    return new Redis({ ...OPTIONS, ...tls, ...credentials, sentinels: hosts, name: path || 'mymaster' })
  }
  return new Redis(url, OPTIONS)
}

/** `redis+cluster://user:password@host:port,host:port/path`: the URL class does not parse several hosts. */
function parse(url: string) {
  const [, protocol = '', credentials = '', hosts = '', path = ''] =
    /^([^:]+):\/\/(?:([^@]*)@)?([^/]*)\/?(.*)$/.exec(url) ?? []
  const [username, password] = credentials.split(':').map(decodeURIComponent)
  const port = protocol.endsWith('+sentinel') ? 26_379 : 6379
  return {
    protocol,
    path,
    username,
    password,
    hosts: hosts.split(',').map(host => {
      const [, name = host, number] = /^(.*?)(?::(\d+))?$/.exec(host) ?? []
      return { host: name, port: Number(number ?? port) }
    }),
  }
}

/** Waits for the first connection attempt to succeed or fail, so that a healthy Redis is used from the first request on. */
async function firstAttempt(redis: Redis | Cluster): Promise<string> {
  if (redis.status === 'ready') return 'ready'
  const attempts = ['ready', 'error', 'close'].map(event =>
    once(redis, event).then(
      () => event,
      () => 'error',
    ),
  )
  return Promise.race(attempts)
}
