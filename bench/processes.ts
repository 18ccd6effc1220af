/** The bench's child processes: pinned to a core, spoken to in questions and answers, ended by pid, nothing left behind. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, existsSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'

/** Servers share one core, the load generator and the bench itself have the other. */
export const cores = { server: '0', generator: '1', any: '0,1' } as const

const STOP_LIMIT_MS = 10_000
const running = new Set<ChildProcess>()
/** Of children that were not ended on purpose. */
const logs = new Map<ChildProcess, string>()
const undoing: (() => void | Promise<void>)[] = []
let ending = false

/** Whether processes are pinned: there are two cores and util-linux' `taskset`. */
export const pinned = availableParallelism() >= 2 && spawnSync('taskset', ['--version']).status === 0

export interface Program {
  script: string
  arguments?: string[]
  /** Options of Node itself. */
  nodeOptions?: string[]
  core: string
  /** The whole environment: nothing is inherited but PATH. */
  env?: Record<string, string>
  /** File that takes standard output and error. */
  log: string
  folder?: string
}

/** Moves this process, and what it starts from now on, to the load generator's core. */
export function pinThisProcess(): void {
  if (pinned) spawnSync('taskset', ['-a', '-cp', cores.generator, String(process.pid)])
}

/** Starts a Node program that is ended with the bench. With `talks`, it can be asked (see {@link ask}). */
export function startNode(program: Program, { talks }: { talks: boolean }): ChildProcess & { pid: number } {
  if (ending) throw new Error('the bench is ending')
  const node = [process.execPath, ...(program.nodeOptions ?? []), program.script, ...(program.arguments ?? [])]
  // taskset becomes the program (exec), so the pid and the channel are the program's own.
  const [command = '', ...rest] = pinned ? ['taskset', '-c', program.core, ...node] : node
  const log = openSync(program.log, 'a')
  const child = spawn(command, rest, {
    cwd: program.folder,
    env: { PATH: process.env.PATH, ...program.env },
    stdio: talks ? ['ignore', log, log, 'ipc'] : ['ignore', log, log],
  })
  closeSync(log)
  running.add(child)
  logs.set(child, program.log)
  child.once('exit', () => running.delete(child))
  if (child.pid === undefined) throw new Error(`${program.script} did not start`)
  return child as ChildProcess & { pid: number }
}

/** Ends a child: SIGTERM, and SIGKILL when it has not gone after ten seconds. */
export async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  logs.delete(child)
  const gone = once(child, 'exit')
  child.kill('SIGTERM')
  const limit = new AbortController()
  const late = pause(STOP_LIMIT_MS, undefined, { signal: limit.signal }).then(() => child.kill('SIGKILL'))
  await gone
  limit.abort()
  await late.catch(() => {})
}

/** Asks a child that runs {@link answerParent}; fails when it answers with an error, ends, or takes too long. */
export async function ask<Answer>(child: ChildProcess, question: object, limitSeconds = 60): Promise<Answer> {
  const ended = new AbortController()
  const either = AbortSignal.any([ended.signal, AbortSignal.timeout(limitSeconds * 1000)])
  const onExit = () => ended.abort(new Error('a process of the bench ended unasked'))
  child.once('exit', onExit)
  try {
    const answered = once(child, 'message', { signal: either })
    child.send(question)
    const [answer] = (await answered) as [{ error: string } | { value: Answer }]
    if ('error' in answer) throw new Error(answer.error)
    return answer.value
  } catch (error) {
    throw either.aborted ? either.reason : error
  } finally {
    child.off('exit', onExit)
  }
}

/** The child's half of {@link ask}. The child ends when its parent does. */
export function answerParent<Question>(answer: (question: Question) => Promise<object>): void {
  process.on('message', async (question: Question) => {
    try {
      process.send?.({ value: await answer(question) })
    } catch (error) {
      process.send?.({ error: error instanceof Error ? error.message : String(error) })
    }
  })
  process.once('disconnect', () => process.exit())
}

/** The database's and Redis' processes on this machine, whoever uses them. */
export function storePids(): number[] {
  const names = /^(mysqld|mariadbd|redis-server)$/m
  const pids = readdirSync('/proc').filter(name => /^\d+$/.test(name))
  return pids.filter(pid => names.test(commandOf(pid))).map(Number)
}

function commandOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/comm`, 'utf8')
  } catch {
    return '' // has ended meanwhile
  }
}

/** A port nobody listens on, on the loopback address. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (address === null || typeof address === 'string') throw new Error('no free port')
  return address.port
}

/** A folder of the bench's own, removed at its end. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'holocron-bench-'))
  atEnd(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** Has something undone when the bench ends, however it ends; the last thing first. */
export function atEnd(undo: () => void | Promise<void>): void {
  undoing.push(undo)
}

/** Ends every child and undoes what was done. */
export async function cleanUp(): Promise<void> {
  ending = true
  await Promise.all([...running].map(stop))
  for (let undo = undoing.pop(); undo; undo = undoing.pop()) await undo()
}

/** Runs a bench as the whole work of this process: whatever happens, nothing is left behind. */
export async function toTheEnd(bench: () => Promise<void>): Promise<void> {
  let interrupted = false
  for (const [signal, status] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const) {
    process.once(signal, () => {
      interrupted = true
      void cleanUp().finally(() => process.exit(status))
    })
  }
  try {
    await bench()
  } catch (error) {
    if (!interrupted) console.error(lastLogLines(), '\n', error)
    process.exitCode = 1
  } finally {
    await cleanUp()
  }
}

/** The last lines of what the children printed, for somebody who looks for a failure's reason. */
function lastLogLines(): string {
  return [...new Set(logs.values())]
    .filter(existsSync)
    .map(log => readFileSync(log, 'utf8').trim().split('\n').slice(-20).join('\n'))
    .join('\n')
}
