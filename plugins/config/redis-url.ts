/** The URLs of Redis, Redis Sentinel and Redis Cluster. The URL class does not parse several hosts. */

export interface RedisAddress {
  kind: 'single' | 'sentinel' | 'cluster'
  tls: boolean
  hosts: { host: string; port: number }[]
  username?: string
  password?: string
  /** Number of the database. */
  db: number
  /** Sentinel: name of the master, and credentials of the sentinels themselves. */
  master: string
  sentinelUsername?: string
  sentinelPassword?: string
}

const FORM = /^(rediss?)(?:\+(sentinel|cluster))?:\/\/(?:([^@/?#]*)@)?([^/?#@]+)((?:\/[^?#]*)?)(?:\?([^#]*))?$/
const HOST = /^(\[[0-9a-fA-F:.]+\]|[^:[\]\s]+)(?::(\d{1,5}))?$/

/** @throws Error that says what is wrong, without the URL: it holds a password */
export function parseRedisUrl(text: string): RedisAddress {
  const [, scheme = '', mode, credentials = '', hosts = '', path = '', query = ''] = FORM.exec(text) ?? []
  const kind = (mode ?? 'single') as RedisAddress['kind']
  const list = hosts.split(',').map(host => parseHost(host, kind))
  if (kind === 'single' && list.length > 1) throw new Error('several hosts need redis+sentinel:// or redis+cluster://')
  const [username, password] = parseCredentials(credentials)
  return {
    kind,
    tls: scheme === 'rediss',
    hosts: list,
    ...(username && { username }),
    ...(password && { password }),
    ...parsePath(path.slice(1), kind),
    ...parseQuery(query, kind),
  }
}

function parseHost(text: string, kind: RedisAddress['kind']): { host: string; port: number } {
  const [, name = '', port = kind === 'sentinel' ? '26379' : '6379'] = HOST.exec(text) ?? []
  if (!URL.canParse(`redis://${name}:${port}`) || name === '') throw new Error('not a valid URL')
  return { host: name.replace(/^\[(.*)\]$/, '$1'), port: Number(port) }
}

function parseCredentials(text: string): string[] {
  const at = text.indexOf(':')
  const parts = at === -1 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)]
  try {
    return parts.map(decodeURIComponent)
  } catch {
    throw new Error('not a valid URL')
  }
}

/** `/db`, for Sentinel `/master/db`. A cluster has no numbered databases. */
function parsePath(path: string, kind: RedisAddress['kind']): { master: string; db: number } {
  const parts = path === '' ? [] : path.split('/')
  const master = (kind === 'sentinel' ? parts.shift() : undefined) ?? 'mymaster'
  const [db = '0', ...more] = kind === 'cluster' ? [undefined, ...parts] : parts
  if (more.length > 0 || !/^\d{1,6}$/.test(db)) throw new Error(`unknown path: expected ${PATHS[kind]}`)
  return { master, db: Number(db) }
}

const PATHS = {
  single: 'the number of a database',
  sentinel: 'the name of the master, then perhaps the number of a database',
  cluster: 'none, as a cluster has no numbered databases',
}

function parseQuery(query: string, kind: RedisAddress['kind']): Record<string, string> {
  const known = kind === 'sentinel' ? ['sentinelUsername', 'sentinelPassword'] : []
  const parameters = Object.fromEntries(new URLSearchParams(query))
  const unknown = Object.keys(parameters).find(name => !known.includes(name))
  if (unknown) throw new Error(`unknown parameter "${unknown}" (known: ${known.join(', ') || 'none'})`)
  return parameters
}
