// app.redis: the connection to Redis, or null in the embedded profile. Redis makes things quick, never true: the service starts and goes on without it.
import { once } from 'node:events'
import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import type { Cluster, Redis, RedisOptions } from 'ioredis'

declare module 'fastify' {
  interface FastifyInstance {
    redis: Redis | Cluster | null
  }
}

/** A frozen Redis holds nobody up for longer (ms). */
const COMMAND_TIMEOUT = 200

const OPTIONS = {
  commandTimeout: COMMAND_TIMEOUT,
  connectTimeout: 2000,
  // While it is away, commands fail at once instead of queueing up.
  enableOfflineQueue: false,
  maxRetriesPerRequest: 0,
  // A connection that stays silent is replaced: its other end may be long gone without having said so (ms).
  socketTimeout: 5000,
  // Who subscribes does so again at every `ready`. What ioredis does on its own may fail unheard, which would end the process.
  autoResubscribe: false,
  retryStrategy: (attempt: number) => Math.min(attempt * 100, 2000),
} satisfies RedisOptions

export default fp(
  async app => {
    const { REDIS_URL } = app.config
    const redis = REDIS_URL ? await connect(REDIS_URL) : null
    app.decorate<FastifyInstance['redis']>('redis', redis)
    app.health.add('redis', {
      whenDown: 'degraded',
      check: async () => (redis ? redis.ping().then(() => 'up') : 'absent'),
    })
    if (!redis) return
    redis.on('error', error => app.log.warn({ error: error.message }, 'redis: connection trouble'))
    app.addHook('onClose', () => redis.disconnect())
    await firstAttempt(redis, app)
  },
  { name: 'redis', dependencies: ['config', 'health'] },
)

async function connect(url: string): Promise<Redis | Cluster> {
  // Loaded where it is needed: the embedded profile starts quicker without it.
  const { Cluster, Redis } = await import('ioredis')
  const { protocol, hosts, path, username, password } = parse(url)
  const tls = protocol.startsWith('rediss') ? { tls: {} } : {}
  const login = { ...(username && { username }), ...(password && { password }) }
  if (protocol.endsWith('+cluster')) {
    return new Cluster(hosts, { enableOfflineQueue: false, redisOptions: { ...OPTIONS, ...tls, ...login } })
  }
  if (protocol.endsWith('+sentinel')) {
    return new Redis({ ...OPTIONS, ...tls, ...login, sentinels: hosts, name: path || 'mymaster' })
  }
  return new Redis(url, OPTIONS)
}

/** `redis+cluster://user:password@host:port,host:port/path`: several hosts are more than the URL class takes. */
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

/** The start waits for Redis to answer or to fail once, so that a healthy one is in use from the first request on. */
async function firstAttempt(redis: Redis | Cluster, app: FastifyInstance): Promise<void> {
  const event = await Promise.race(
    ['ready', 'error', 'close'].map(event =>
      once(redis, event).then(
        () => event,
        () => 'error',
      ),
    ),
  )
  if (event !== 'ready') app.log.warn('redis: not there yet; going on without it')
}
