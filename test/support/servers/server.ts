import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from '../free-port.ts'
import { onExit } from './on-exit.ts'

/** A database or cache server of our own: on a free port, its data in a temporary folder. */
export interface Server {
  readonly url: string
  readonly port: number
  /** The current process; another one after a restart. `process.kill(server.pid, 'SIGKILL')` is a crash. */
  readonly pid: number
  /** Stops it and waits for its exit. `restart` finds its data. */
  stop(): Promise<void>
  /** Stops it if it runs, and starts it on the same port and data. */
  restart(): Promise<void>
  /** Freezes it (SIGSTOP): connections stay open without responses, as when a machine hangs. */
  pause(): void
  resume(): void
  /** Kills it and removes its data. Runs by itself when this process ends. */
  discard(): Promise<void>
}

/** How one kind of server is started. */
export interface Kind {
  readonly command: string
  readonly args: (folder: string, port: number) => string[]
  /** What it prints once it accepts connections. */
  readonly ready: (port: number) => RegExp
  readonly url: (port: number) => string
  /** The command that initializes the data folder. */
  readonly install?: (folder: string) => [command: string, args: string[]]
}

const START_TIMEOUT_MS = 60_000

/** @throws Error with the server's last output if it does not start within a minute */
export const startServer = async (kind: Kind): Promise<Server> => {
  const folder = await mkdtemp(join(tmpdir(), 'holocron-server-'))
  const will = onExit('if [ "$latest" ]; then kill -s KILL -- "-$latest"; fi; rm -rf "$1"', folder)
  const port = await freePort()

  const launch = (command: string, args: string[]) => {
    // A MariaDB that starts deletes the temporary tables in its folder, also those of the machine's own server.
    const env = { ...process.env, TMPDIR: folder }
    const launched = spawn(command, args, { detached: true, stdio: ['ignore', 'pipe', 'pipe'], env })
    will.note(String(launched.pid ?? ''))
    launched.once('exit', () => will.note(''))
    return launched
  }
  const start = async () => {
    const started = launch(kind.command, kind.args(folder, port))
    await hear(started, kind.ready(port))
    return started
  }
  const stop = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return
    const exited = once(child, 'exit')
    child.kill('SIGCONT')
    child.kill('SIGTERM')
    await exited
  }

  let child: ChildProcess
  try {
    if (kind.install) await hear(launch(...kind.install(folder)))
    child = await start()
  } catch (error) {
    await will.execute()
    throw error
  }

  return {
    url: kind.url(port),
    port,
    get pid() {
      return child.pid ?? 0
    },
    stop,
    restart: async () => {
      await stop()
      child = await start()
    },
    pause: () => void child.kill('SIGSTOP'),
    resume: () => void child.kill('SIGCONT'),
    discard: () => will.execute(),
  }
}

/** Waits until the process prints that it is ready; without `ready`, until it exits successfully. */
const hear = async (child: ChildProcess, ready?: RegExp): Promise<void> => {
  let said = ''
  const outcome = Promise.withResolvers<void>()
  const fail = (why: string) => outcome.reject(new Error(`${child.spawnfile} ${why}\n${said.slice(-2000)}`))
  const listen = (chunk: Buffer) => {
    said += chunk
    if (ready?.test(said)) outcome.resolve()
  }

  child.once('error', outcome.reject)
  child.once('close', code => (code === 0 && !ready ? outcome.resolve() : fail(`ended with ${code}`)))
  AbortSignal.timeout(START_TIMEOUT_MS).addEventListener('abort', () => fail('was not ready in time'))
  for (const output of [child.stdout, child.stderr]) output?.on('data', listen)
  await outcome.promise
  for (const output of [child.stdout, child.stderr]) output?.off('data', listen).resume()
}
