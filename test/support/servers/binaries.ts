import { execFile } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'
import { type Kind, type Server, startServer } from './server.ts'

const run = promisify(execFile)

/** Folders of server binaries that are not on a user's PATH. */
const USUAL_PLACES = [
  '/usr/sbin',
  '/usr/bin',
  '/usr/local/sbin',
  '/usr/local/bin',
  '/usr/local/mysql/bin',
  '/opt/homebrew/bin',
  '/opt/homebrew/opt/mysql/bin',
  '/opt/homebrew/opt/mariadb/bin',
]

/** `null` if no Redis (or Valkey) is installed. */
export const startOwnRedis = async (args: string[] = []): Promise<Server | null> => {
  const command = findBinary('redis-server', 'valkey-server')
  return command === null ? null : startServer(redis(command, args))
}

/** A Sentinel that watches the master `mymaster` on this port. */
export const startOwnSentinel = async (masterPort: number, settings: string[]): Promise<Server | null> => {
  const command = findBinary('redis-server', 'valkey-server')
  return command === null ? null : startServer(sentinel(command, masterPort, settings))
}

/** `null` if no MySQL or MariaDB is installed. */
export const startOwnMysql = async (args: string[] = []): Promise<Server | null> => {
  const command = findBinary('mariadbd', 'mysqld')
  return command === null ? null : startServer(await mysql(command, args))
}

const IN_MEMORY = ['--bind', '127.0.0.1', '--appendonly', 'no', '--save', '']

const redis = (command: string, more: string[]): Kind => ({
  command,
  args: (folder, port) => [...IN_MEMORY, '--port', String(port), '--dir', folder, ...more],
  ready: () => /Ready to accept connections/,
  url: port => `redis://127.0.0.1:${port}`,
})

/** It writes to its configuration, so that is a file. */
const sentinel = (command: string, masterPort: number, settings: string[]): Kind => ({
  command,
  install: folder => {
    const lines = [`sentinel monitor mymaster 127.0.0.1 ${masterPort} 1`, `dir ${folder}`, ...settings]
    return ['sh', ['-c', 'printf "%s\\n" "$@" > "$0"', join(folder, 'sentinel.conf'), ...lines]]
  },
  args: (folder, port) => [join(folder, 'sentinel.conf'), '--port', String(port), '--sentinel'],
  ready: () => /Sentinel ID is/,
  url: port => `redis+sentinel://127.0.0.1:${port}/mymaster`,
})

const mysql = async (command: string, more: string[]): Promise<Kind> => {
  const { stdout: version } = await run(command, ['--version'])
  const installer = version.includes('MariaDB') ? findBinary('mariadb-install-db', 'mysql_install_db') : null
  // Neither server runs as root unless told to.
  const user = process.getuid?.() === 0 ? ['--user=root'] : []
  return {
    command,
    install: folder => {
      const args = ['--no-defaults', `--datadir=${folder}/data`, ...user]
      return installer === null
        ? [command, [...args, '--initialize-insecure', `--secure-file-priv=${folder}`]]
        : [installer, [...args, '--auth-root-authentication-method=normal', '--skip-test-db']]
    },
    args: (folder, port) => [
      '--no-defaults',
      `--datadir=${folder}/data`,
      `--port=${port}`,
      `--socket=${folder}/mysql.sock`,
      `--pid-file=${folder}/mysql.pid`,
      `--secure-file-priv=${folder}`,
      '--bind-address=127.0.0.1',
      '--loose-mysqlx=0',
      '--innodb-flush-log-at-trx-commit=2',
      '--sync-binlog=0',
      ...user,
      ...more,
    ],
    ready: port => new RegExp(`ready for connections[^]*port: ${port}\\b`),
    url: port => `mysql://root@127.0.0.1:${port}/`,
  }
}

const findBinary = (...names: string[]): string | null => {
  const folders = [...(process.env.PATH ?? '').split(delimiter), ...USUAL_PLACES]
  return names.flatMap(name => folders.map(folder => join(folder, name))).find(isExecutable) ?? null
}

const isExecutable = (path: string) => {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
