/** Child processes of a benchmark: pinned to a core, controlled by messages, stopped by pid. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, existsSync, openSync, readdirSync, readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { availableParallelism } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { runTeardown } from './teardown.ts'

/** Servers share one core; the load generator and the benchmark itself have the other. */
export const cores = { server: '0', generator: '1', any: '0,1' } as const

const STOP_TIMEOUT_MS = 10_000
const running = new Set<Child>()
/** Log files of children that were not stopped on purpose. */
const logs = new Map<Child, string>()
let ending = false

/** Whether processes are pinned: takes two cores and util-linux' `taskset`. */
export const pinned = availableParallelism() >= 2 && spawnSync('taskset', ['--version']).status === 0

export type Child = ChildProcess & { pid: number }

export interface Program {
  script: string
  nodeOptions?: string[]
  core: string
  /** The whole environment: only PATH is inherited. */
  env?: Record<string, string>
  /** File for standard output and error. */
  log: string
  /** Working folder. */
  folder?: string
  /** Opens a channel for messages, see `ask` of messages.ts. */
  ipc?: boolean
}

/** Moves this process, and the processes it starts from now on, to the load generator's core. */
export function pinThisProcess(): void {
  if (pinned) spawnSync('taskset', ['-a', '-cp', cores.generator, String(process.pid)])
}

/** Starts a Node program that is stopped at the end of the benchmark. */
export function startNode({ script, nodeOptions = [], core, env, log, folder, ipc }: Program): Child {
  if (ending) throw new Error('the benchmark is ending')
  const node = [process.execPath, ...nodeOptions, script]
  // taskset execs the program, so pid and message channel are the program's own.
  const [command = '', ...rest] = pinned ? ['taskset', '-c', core, ...node] : node
  const output = openSync(log, 'a')
  const child = spawn(command, rest, {
    cwd: folder,
    env: { PATH: process.env.PATH, ...env },
    stdio: ipc ? ['ignore', output, output, 'ipc'] : ['ignore', output, output],
  }) as Child
  closeSync(output)
  if (child.pid === undefined) throw new Error(`${script} did not start`)
  running.add(child)
  logs.set(child, log)
  child.once('exit', () => running.delete(child))
  return child
}

/** Stops a child: SIGTERM, then SIGKILL after ten seconds. */
export async function stop(child: Child): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  logs.delete(child)
  const exited = once(child, 'exit')
  child.kill('SIGTERM')
  const timeout = new AbortController()
  const kill = sleep(STOP_TIMEOUT_MS, undefined, { signal: timeout.signal }).then(() => child.kill('SIGKILL'))
  await exited
  timeout.abort()
  await kill.catch(() => {})
}

/** Pids of the database and Redis servers on this machine. */
export function storePids(): number[] {
  const names = /^(mysqld|mariadbd|redis-server)$/m
  const pids = readdirSync('/proc').filter(name => /^\d+$/.test(name))
  return pids.filter(pid => names.test(commandOf(pid))).map(Number)
}

function commandOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/comm`, 'utf8')
  } catch {
    return '' // exited meanwhile
  }
}

/** A free port on the loopback address. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (address === null || typeof address === 'string') throw new Error('no free port')
  return address.port
}

/** Runs a benchmark as the whole work of this process: children are stopped and everything is undone, also on failure and on Ctrl-C. */
export async function runToEnd(benchmark: () => Promise<void>): Promise<void> {
  let interrupted = false
  for (const [signal, status] of Object.entries({ SIGINT: 130, SIGTERM: 143 })) {
    process.once(signal, () => {
      interrupted = true
      void cleanUp().finally(() => process.exit(status))
    })
  }
  try {
    await benchmark()
  } catch (error) {
    if (!interrupted) console.error(lastLogLines(), '\n', error)
    process.exitCode = 1
  } finally {
    await cleanUp()
  }
}

async function cleanUp(): Promise<void> {
  ending = true
  await Promise.all([...running].map(stop))
  await runTeardown()
}

/** The last lines the children logged: they usually hold the reason of a failure. */
function lastLogLines(): string {
  return [...new Set(logs.values())]
    .filter(existsSync)
    .map(log => readFileSync(log, 'utf8').trim().split('\n').slice(-20).join('\n'))
    .join('\n')
}
