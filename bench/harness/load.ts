/** A load, and the process that drives it. */
import { join } from 'node:path'
import { ask } from './messages.ts'
import { type Child, cores, startNode } from './processes.ts'
import type { Run } from './rounds.ts'
import { temporaryFolder } from './teardown.ts'

/** What is sent, and what must come back. */
export interface Request {
  url: string
  method: 'GET' | 'POST'
  headers: Record<string, string>
  /** `[<id>]` is replaced by another text in each request where `uniqueBody` is set. */
  body?: string
  uniqueBody?: boolean
  expect: { status: number; body?: string; bodyContains?: string }
  /** One refresh token per connection: sent as the bearer token, and replaced by the one in the response. */
  refreshTokens?: string[]
  /** Bearer tokens used in turn, spread over the connections. */
  bearers?: string[]
  /** The same of bodies. */
  bodies?: string[]
}

export interface Load extends Request {
  connections: number
  amount: number
  /** Requests per second over all connections; unlimited where absent. */
  rate?: number
  /** On a machine that became too busy, the load ends here with what it has, unless sessions depend on every response. */
  maxSeconds: number
  /** A load with sessions that is not done by then has failed. */
  timeoutSeconds: number
}

export interface LoadResult extends Run {
  refreshTokens: string[]
}

/** A process that runs {@link drive} loads, on the generator's core unless told otherwise. */
export function startLoadGenerator(core: string = cores.generator): Child {
  const log = join(temporaryFolder(), 'load-generator.log')
  return startNode({ script: join(import.meta.dirname, 'load-generator.ts'), core, log, ipc: true })
}

/** @throws when a response is not the expected one */
export function drive(generator: Child, load: Load): Promise<LoadResult> {
  return ask<LoadResult>(generator, load, load.timeoutSeconds + 10)
}

/** Limits for runs that should take `seconds`. */
export function timeLimits(seconds: number): Pick<Load, 'maxSeconds' | 'timeoutSeconds'> {
  return { maxSeconds: seconds * 3, timeoutSeconds: seconds * 10 + 60 }
}
