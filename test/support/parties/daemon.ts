import { spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Environment, Test } from '../app.ts'
import { onExit } from '../servers/on-exit.ts'
import { until } from '../until.ts'

export interface Daemon {
  /** Also the number of its group of processes. */
  pid: number
  /** Kills it and its children, as a crash does, and waits until they are gone. */
  kill(): Promise<void>
}

/** Programs that start in seconds need many on a busy machine. */
export const START_MAX_MS = 60_000

/**
 * Runs a server program until the test ends, however that ends. Its children end with it.
 * @param isReady by what it has printed
 * @throws Error with its output if it ends, or is not ready within a minute
 */
export async function startDaemon(
  t: Test,
  [command = '', ...args]: string[],
  env: Environment,
  isReady: (output: string) => boolean,
): Promise<Daemon> {
  const { PATH = '' } = process.env
  const child = spawn(command, args, { env: { PATH, ...env }, detached: true, stdio: ['ignore', 'pipe', 'pipe'] })
  const will = onExit('kill -s KILL -- "-$latest" 2>/dev/null')
  will.note(String(child.pid))
  const ended = once(child, 'exit')
  const kill = async () => {
    await will.execute()
    await ended
  }
  t.teardown(kill)
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', part => (output += part))
  const hasEnded = () => child.exitCode !== null || child.signalCode !== null
  await until(() => isReady(output) || hasEnded(), START_MAX_MS).catch(cause => {
    throw new Error(`${command} did not start: ${output}`, { cause })
  })
  if (hasEnded()) throw new Error(`${command} ended: ${output}`)
  return { pid: child.pid ?? 0, kill }
}
