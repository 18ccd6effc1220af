/** The service as a process of its own, as `npm start` runs it, to be signaled, killed and restarted. */
import { type ChildProcess, type StdioOptions, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import type { Environment, Test } from '../app.ts'
import { onExit } from '../servers/on-exit.ts'

const ROOT = join(import.meta.dirname, '../../..')

export interface Service {
  url: string
  port: number
  child: ChildProcess
  /** Time until it listened (ms). */
  startedIn: number
  /** Sends a signal, and waits for the process to exit. */
  end(signal: NodeJS.Signals): Promise<Ending>
  /** Resolves when the process has exited. */
  ended: Promise<Ending>
}

export interface Ending {
  code: number | null
  signal: NodeJS.Signals | null
}

/**
 * Starts the service on a free port and resolves once it listens; it is killed when the test ends.
 * Its standard output is read until then, and afterwards only when `stdout` says so.
 */
export async function startService(t: Test, env: Environment, stdout: 'read' | 'blocked' = 'read'): Promise<Service> {
  const startedAt = performance.now()
  // The log has the port.
  const level = env.LOG_LEVEL === 'trace' ? 'trace' : 'info'
  const child = launch(t, { ...env, LOG_LEVEL: level, PORT: '0' }, ['ignore', 'pipe', 'inherit'])
  const output = child.stdout as Readable
  const port = await listeningPort(output)
  if (stdout === 'read') output.resume()
  return serviceOf(child, port, performance.now() - startedAt)
}

/**
 * Starts the service without waiting for it.
 * @param wrapper a command that runs it
 */
export function launch(t: Test, env: Environment, stdio: StdioOptions, wrapper: string[] = []): ChildProcess {
  const { PATH = '', TMPDIR, NODE_COMPILE_CACHE } = process.env
  const [command = '', ...args] = [...wrapper, process.execPath, '--import', './scripts/preload.js', 'server.ts']
  const child = spawn(command, args, {
    cwd: ROOT,
    env: { PATH, ...(TMPDIR && { TMPDIR }), ...(NODE_COMPILE_CACHE && { NODE_COMPILE_CACHE }), ...env },
    stdio,
  })
  // Killed however this test ends.
  const will = onExit('[ -z "$latest" ] || kill -s KILL "$latest"')
  will.note(String(child.pid))
  const ended = once(child, 'exit').then(() => will.note(''))
  t.teardown(async () => {
    await will.execute()
    await ended
  })
  return child
}

export function serviceOf(child: ChildProcess, port: number, startedIn: number): Service {
  const ended = once(child, 'exit').then(([code, signal]) => ({ code, signal }) as Ending)
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    child,
    startedIn: Math.round(startedIn),
    ended,
    end(signal) {
      child.kill(signal)
      return ended
    },
  }
}

/** Reads no further than to the line that says so. */
async function listeningPort(output: Readable): Promise<number> {
  let said = ''
  while (true) {
    const chunk: Buffer | null = output.read()
    said += chunk ?? ''
    const port = /listening at http:\/\/127\.0\.0\.1:(\d+)/.exec(said)?.[1]
    if (port) return Number(port)
    if (output.readableEnded) throw new Error(`the service did not start: ${said.slice(-1000)}`)
    if (chunk === null) await Promise.race([once(output, 'readable'), once(output, 'end')])
  }
}

export interface Answer {
  status: number
  headers: Headers
  code: string | undefined
  // biome-ignore lint/suspicious/noExplicitAny: what a test expects of it, it looks at itself
  body: any
}

interface Options {
  token?: string
  /** Sent as JSON, but for a file. */
  payload?: object | Uint8Array<ArrayBuffer>
  headers?: Record<string, string>
}

/** Calls a route. @throws what `fetch` throws without a response */
export async function request(
  service: Pick<Service, 'url'>,
  method: string,
  path: string,
  { token, payload, headers }: Options = {},
): Promise<Answer> {
  const response = await fetch(`${service.url}${path}`, {
    method,
    headers: {
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      ...(payload && { 'content-type': 'application/json' }),
      ...headers,
    },
    body: payload instanceof Uint8Array ? payload : payload ? JSON.stringify(payload) : null,
  })
  const text = await response.text()
  const body = response.headers.get('content-type')?.includes('json') ? JSON.parse(text) : text
  return { status: response.status, headers: response.headers, code: body?.message, body }
}
