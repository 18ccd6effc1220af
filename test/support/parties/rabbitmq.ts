/** RabbitMQ as Debian packages it, with or without its OAuth 2.0 plugin. */
import { execFile } from 'node:child_process'
import { existsSync, globSync } from 'node:fs'
import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { promisify } from 'node:util'
import { type Test, temporaryFolder } from '../app.ts'
import { freePort } from '../free-port.ts'
import { startDaemon } from './daemon.ts'

const run = promisify(execFile)
const NODE = 'test@localhost'
/** Users and passwords of its own: `guest`. */
const PLAIN = '[{rabbit, [{heartbeat, 10}]}].'
const [PLUGINS = ''] = globSync('/usr/lib/rabbitmq/lib/rabbitmq_server-*/plugins')

const [CONTROL = ''] = globSync('/usr/lib/rabbitmq/lib/rabbitmq_server-*/escript/rabbitmqctl')

export const hasRabbitmq = () => PLUGINS !== '' && existsSync('/usr/bin/amqp-publish')

export interface Rabbitmq {
  port: number
  /** Ends it as a crash does. */
  kill(): Promise<void>
  /** Starts it again, with its data. */
  start(): Promise<void>
  /** Freezes it: connections stay open, and nothing is answered. */
  pause(): void
  resume(): void
  /** Runs a command of `rabbitmqctl`. */
  control(...command: string[]): Promise<string>
}

/** @param configuration its `advanced.config`, without the port @param plugin one to enable */
export async function startRabbitmq(t: Test, configuration = PLAIN, plugin?: string): Promise<Rabbitmq> {
  const folder = await temporaryFolder(t)
  const [port, distribution, names] = [await freePort(), await freePort(), await freePort()]
  const library = join(folder, 'lib')
  await mkdir(library)
  for (const path of await applications(plugin ?? 'rabbit')) await symlink(path, join(library, basename(path)))
  await writeFile(join(folder, 'plugins'), `[${plugin ?? ''}].`)
  await writeFile(
    join(folder, 'advanced.config'),
    configuration.replace('{rabbit, [', `{rabbit, [{tcp_listeners, [{"127.0.0.1", ${port}}]}, `),
  )
  const env = {
    HOME: folder,
    ERL_EPMD_PORT: String(names),
    ERL_EPMD_ADDRESS: '127.0.0.1',
    ERL_LIBS: library,
    RABBITMQ_PLUGINS_DIR: library,
    RABBITMQ_ENABLED_PLUGINS_FILE: join(folder, 'plugins'),
    // Else it migrates its empty tables.
    RABBITMQ_FEATURE_FLAGS: '',
    RABBITMQ_NODENAME: NODE,
    RABBITMQ_CONFIG_FILE: join(folder, 'none'),
    RABBITMQ_CONF_ENV_FILE: join(folder, 'none'),
    RABBITMQ_ADVANCED_CONFIG_FILE: join(folder, 'advanced.config'),
    RABBITMQ_MNESIA_BASE: join(folder, 'data'),
    RABBITMQ_LOG_BASE: join(folder, 'log'),
    RABBITMQ_GENERATED_CONFIG_DIR: join(folder, 'generated'),
  }
  const boot = () =>
    startDaemon(t, [...erl(distribution), '-s', 'rabbit', 'boot'], env, output =>
      output.includes('Starting broker... completed'),
    )
  // The register of nodes. The broker would leave one behind.
  await startDaemon(t, ['epmd', '-d', '-d'], env, output => output.includes('entering the main select() loop'))
  let daemon = await boot()
  return {
    port,
    kill: () => daemon.kill(),
    async start() {
      daemon = await boot()
    },
    pause: () => void process.kill(-daemon.pid, 'SIGSTOP'),
    resume: () => void process.kill(-daemon.pid, 'SIGCONT'),
    async control(...command) {
      const { PATH = '' } = process.env
      const { stdout } = await run('escript', [CONTROL, '-n', NODE, ...command], { env: { PATH, ...env } })
      return stdout
    },
  }
}

/** As rabbitmq-server does. Its script looks through 70 plugins for every module, which takes twice the time. */
const erl = (port: number) => [
  ...['erl', '-noinput', '-boot', 'start_sasl', '-sname', NODE, '-start_epmd', 'false'],
  ...['-kernel', 'inet_dist_use_interface', '{127,0,0,1}'],
  ...['-kernel', 'inet_dist_listen_min', `${port}`, 'inet_dist_listen_max', `${port}`],
]

/** The folders of an Erlang application and of those that it needs, except Erlang's own. */
async function applications(name: string, found = new Set<string>()): Promise<Set<string>> {
  const [folder] = globSync(join(PLUGINS, `${name}-[0-9]*`))
  if (!folder || found.has(folder)) return found
  found.add(folder)
  const description = await readFile(join(folder, `ebin/${name}.app`), 'utf8')
  const [, needed = ''] = /\{applications,\s*\[([^\]]*)\]/.exec(description) ?? []
  for (const other of needed.split(',')) await applications(other.trim(), found)
  return found
}

/** librabbitmq's commands, by access tokens in place of passwords. Each logs in, and is refused or not. */
export function commands({ port }: Rabbitmq) {
  const attempt = (command: string, token: string, ...parameters: string[]) =>
    run(command, ['--server=127.0.0.1', `--port=${port}`, '--username=x', `--password=${token}`, ...parameters]).then(
      ({ stdout }) => stdout.trim(),
      ({ stderr }: { stderr: string }) => `refused: ${stderr.trim().split('\n')[0]}`,
    )
  return {
    declare: (token: string, queue: string) => attempt('amqp-declare-queue', token, '--queue', queue),
    publish: (token: string, queue: string, body: string) => attempt('amqp-publish', token, '-r', queue, '-b', body),
    get: (token: string, queue: string) => attempt('amqp-get', token, '--queue', queue),
  }
}
