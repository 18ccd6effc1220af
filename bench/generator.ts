/**
 * The load generator, a process of its own: takes one load at a time, drives it with autocannon, checks every answer.
 * A load is a number of requests rather than a time, so that nothing is cut off half done and no refresh token is lost.
 */
import autocannon from 'autocannon'
import type { Run } from './measure.ts'
import { answerParent } from './processes.ts'

export interface Load {
  url: string
  method: 'GET' | 'POST'
  headers: Record<string, string>
  body?: string
  /** `[<id>]` in the body is another text in each request. */
  uniqueBody?: boolean
  connections: number
  amount: number
  /** Requests a second, over all connections; as many as go where it is absent. */
  rate?: number
  expect: { status: number; body?: string; bodyContains?: string }
  /** One refresh token for each connection: it is sent as the bearer and replaced by the one in the answer. */
  refreshTokens?: string[]
  /** Bearer tokens that take turns, dealt out to the connections. */
  bearers?: string[]
  /** On a machine that became too busy for it: the load ends there with what has come, unless sessions depend on every answer. */
  enoughSeconds: number
  limitSeconds: number
}

export interface LoadResult extends Run {
  refreshTokens: string[]
}

function isExpected(body: string, { expect }: Load): boolean {
  if (expect.body !== undefined && body !== expect.body) return false
  return expect.bodyContains === undefined || body.includes(expect.bodyContains)
}

/** Gives each connection a session of its own, which moves on with every answer. */
function rotateBy(load: Load, tokens: string[]): (client: autocannon.Client) => void {
  let connection = 0
  return client => {
    const own = connection++
    client.setRequests([
      {
        setupRequest: request => ({
          ...request,
          headers: { ...load.headers, authorization: `Bearer ${tokens[own]}` },
        }),
        onResponse: (status, body) => {
          if (status === load.expect.status) tokens[own] = JSON.parse(body).refresh_token
        },
      },
    ])
  }
}

/** Gives each connection its share of the tokens, to be sent in turn. */
function dealOut({ connections, headers }: Load, bearers: string[]): (client: autocannon.Client) => void {
  let connection = 0
  return client => {
    const own = connection++
    const share = bearers.filter((_, index) => index % connections === own)
    client.setRequests(share.map(token => ({ headers: { ...headers, authorization: `Bearer ${token}` } })))
  }
}

function complaints(result: autocannon.Result, load: Load, expected: number, cutShort: boolean): string[] {
  const counts = Object.entries(result.statusCodeStats ?? {})
  const statuses = counts.map(([status, { count }]) => `${count} × ${status}`)
  const answers = counts.reduce((sum, [, { count }]) => sum + (count ?? 0), 0)
  return [
    expected === (cutShort ? answers : load.amount)
      ? ''
      : `${load.expect.status} came ${expected} times of ${load.amount} (${statuses})`,
    result.errors > 0 ? `${result.errors} connection errors, ${result.timeouts} of them time-outs` : '',
    result.mismatches > 0 ? `${result.mismatches} answers with another body than expected` : '',
  ].filter(Boolean)
}

/** Drives a load to its end, or until its time is up or SIGUSR2 comes. @throws when any answer was not the expected one */
async function drive(load: Load): Promise<LoadResult> {
  const refreshTokens = [...(load.refreshTokens ?? [])]
  const { promise, resolve, reject } = Promise.withResolvers<autocannon.Result>()
  const instance = autocannon(optionsOf(load, refreshTokens), (error, result) =>
    error ? reject(error) : resolve(result),
  )
  const started = performance.now()
  let ended = started
  let expected = 0
  instance.on('response', (_client, status) => {
    if (status === load.expect.status) expected++
    ended = performance.now()
  })
  let cutShort = false
  const end = () => {
    cutShort = load.refreshTokens === undefined
    instance.stop?.()
  }
  const cut = setTimeout(end, (load.refreshTokens ? load.limitSeconds : load.enoughSeconds) * 1000)
  process.once('SIGUSR2', end)
  const result = await promise.finally(() => {
    clearTimeout(cut)
    process.off('SIGUSR2', end)
  })
  const wrong = complaints(result, load, expected, cutShort)
  if (wrong.length > 0) throw new Error(`${load.method} ${load.url}: ${wrong.join('; ')}`)
  return {
    count: expected,
    seconds: (ended - started) / 1000,
    p50: result.latency.p50,
    p90: result.latency.p90,
    p99: result.latency.p99,
    p999: result.latency.p99_9,
    refreshTokens,
  }
}

function optionsOf(load: Load, refreshTokens: string[]): autocannon.Options {
  return {
    url: load.url,
    method: load.method,
    headers: load.headers,
    ...(load.body === undefined ? {} : { body: load.body }),
    ...(load.uniqueBody ? { idReplacement: true } : {}),
    connections: load.connections,
    amount: load.amount,
    ...(load.rate === undefined ? {} : { overallRate: load.rate }),
    // How often it looks whether the load is done (ms).
    sampleInt: 50,
    verifyBody: body => isExpected(String(body ?? ''), load),
    ...(load.bearers ? { setupClient: dealOut(load, load.bearers) } : {}),
    ...(load.refreshTokens ? { setupClient: rotateBy(load, refreshTokens) } : {}),
  }
}

answerParent(drive)
