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
export const startOwnRedis = async (): Promise<Server | null> => {
  const command = findBinary('redis-server', 'valkey-server')
  return command === null ? null : startServer(redis(command))
}

/** `null` if no MySQL or MariaDB is installed. */
export const startOwnMysql = async (): Promise<Server | null> => {
  const command = findBinary('mariadbd', 'mysqld')
  return command === null ? null : startServer(await mysql(command))
}

const IN_MEMORY = ['--bind', '127.0.0.1', '--appendonly', 'no', '--save', '']

const redis = (command: string): Kind => ({
  command,
  args: (folder, port) => [...IN_MEMORY, '--port', String(port), '--dir', folder],
  ready: () => /Ready to accept connections/,
  url: port => `redis://127.0.0.1:${port}`,
})

const mysql = async (command: string): Promise<Kind> => {
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
      ...user,
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
