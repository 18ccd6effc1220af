/** `mysql://user:password@host:port/database?ssl-mode=…` as options of mysql2, which would ignore or misread parameters it does not know. */
import { readFileSync } from 'node:fs'
import { isIP } from 'node:net'

export interface MysqlAddress {
  host: string
  port: number
  user: string
  password: string
  database: string
  socketPath?: string
  ssl?: { rejectUnauthorized: boolean; verifyIdentity: boolean; ca?: Buffer; cert?: Buffer; key?: Buffer }
}

const PARAMETERS = ['ssl-mode', 'ssl-ca', 'ssl-cert', 'ssl-key', 'socket']

/**
 * TLS as MySQL's own clients configure it.
 * @throws Error that says what is wrong, without the URL: it holds a password
 * @see https://dev.mysql.com/doc/refman/8.4/en/connection-options.html#option_general_ssl-mode
 */
export function parseMysqlUrl(text: string): MysqlAddress {
  const url = URL.parse(text)
  if (!url?.hostname) throw new Error('not a valid URL')
  const unknown = [...url.searchParams.keys()].find(name => !PARAMETERS.includes(name))
  if (unknown) throw new Error(`unknown parameter "${unknown}" (known: ${PARAMETERS.join(', ')})`)
  const host = decode(url.hostname.replace(/^\[(.*)\]$/, '$1'))
  const socketPath = url.searchParams.get('socket')
  return {
    host,
    port: Number(url.port || 3306),
    user: decode(url.username),
    password: decode(url.password),
    database: decode(url.pathname.slice(1)),
    ...(socketPath && { socketPath }),
    ...tls(url.searchParams, host),
  }
}

function tls(parameters: URLSearchParams, host: string): Pick<MysqlAddress, 'ssl'> {
  const mode = parameters.get('ssl-mode') ?? 'DISABLED'
  const file = (name: string) => {
    const path = parameters.get(name)
    return path ? { [name.slice('ssl-'.length)]: readPem(name, path) } : {}
  }
  const files = { ...file('ssl-ca'), ...file('ssl-cert'), ...file('ssl-key') }
  switch (mode) {
    case 'DISABLED':
      if (Object.keys(files).length > 0) throw new Error('ssl-ca, ssl-cert and ssl-key need an ssl-mode')
      return {}
    case 'REQUIRED':
      // As MySQL's clients: a CA that was given is checked.
      return { ssl: { rejectUnauthorized: 'ca' in files, verifyIdentity: false, ...files } }
    case 'VERIFY_CA':
      return { ssl: { rejectUnauthorized: true, verifyIdentity: false, ...files } }
    case 'VERIFY_IDENTITY':
      if (isIP(host)) throw new Error('ssl-mode=VERIFY_IDENTITY needs a host name, not an IP address')
      return { ssl: { rejectUnauthorized: true, verifyIdentity: true, ...files } }
    default:
      throw new Error('ssl-mode must be DISABLED, REQUIRED, VERIFY_CA or VERIFY_IDENTITY')
  }
}

function readPem(name: string, path: string): Buffer {
  try {
    return readFileSync(path)
  } catch (error) {
    throw new Error(`${name} cannot be read (${(error as NodeJS.ErrnoException).code})`)
  }
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw new Error('not a valid URL')
  }
}
