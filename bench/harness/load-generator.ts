/**
 * The load generator, a process of its own: drives one load at a time with autocannon and checks every response.
 * A load is a number of requests rather than a time, so that no request is cut off and no refresh token is lost.
 */
import autocannon from 'autocannon'
import type { Load, LoadResult } from './load.ts'
import { answerParent } from './messages.ts'

answerParent(drive)

/** Drives a load to its end, or until its time is up or SIGUSR2 arrives. @throws when a response is not the expected one */
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
  const timer = setTimeout(end, (load.refreshTokens ? load.timeoutSeconds : load.maxSeconds) * 1000)
  process.once('SIGUSR2', end)
  const result = await promise.finally(() => {
    clearTimeout(timer)
    process.off('SIGUSR2', end)
  })
  const problems = problemsOf(result, load, expected, cutShort)
  if (problems.length > 0) throw new Error(`${load.method} ${load.url}: ${problems.join('; ')}`)
  const { p50, p90, p99, p99_9: p999 } = result.latency
  return { count: expected, seconds: (ended - started) / 1000, p50, p90, p99, p999, refreshTokens }
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
    // How often autocannon checks whether the load is done (ms).
    sampleInt: 50,
    verifyBody: body => isExpected(String(body ?? ''), load),
    ...(load.bearers ? { setupClient: spread(load, load.bearers.map(withBearer(load))) } : {}),
    ...(load.bodies
      ? {
          setupClient: spread(
            load,
            load.bodies.map(body => ({ body })),
          ),
        }
      : {}),
    ...(load.refreshTokens ? { setupClient: rotate(load, refreshTokens) } : {}),
  }
}

function isExpected(body: string, { expect }: Load): boolean {
  if (expect.body !== undefined && body !== expect.body) return false
  return expect.bodyContains === undefined || body.includes(expect.bodyContains)
}

/** Gives each connection its own session, whose refresh token is replaced by every response. */
function rotate(load: Load, tokens: string[]): (client: autocannon.Client) => void {
  let connections = 0
  return client => {
    const own = connections++
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

const withBearer =
  ({ headers }: Load) =>
  (token: string): autocannon.Request => ({ headers: { ...headers, authorization: `Bearer ${token}` } })

/** Gives each connection its share of the requests, to be sent in turn. */
function spread({ connections }: Load, requests: autocannon.Request[]): (client: autocannon.Client) => void {
  let connection = 0
  return client => {
    const own = connection++
    client.setRequests(requests.filter((_, index) => index % connections === own))
  }
}

function problemsOf(result: autocannon.Result, load: Load, expected: number, cutShort: boolean): string[] {
  const counts = Object.entries(result.statusCodeStats ?? {})
  const statuses = counts.map(([status, { count }]) => `${count} × ${status}`)
  const responses = counts.reduce((sum, [, { count }]) => sum + (count ?? 0), 0)
  return [
    expected === (cutShort ? responses : load.amount)
      ? ''
      : `${load.expect.status} in ${expected} of ${load.amount} responses (${statuses})`,
    result.errors > 0 ? `${result.errors} connection errors, ${result.timeouts} of them timeouts` : '',
    result.mismatches > 0 ? `${result.mismatches} responses with an unexpected body` : '',
  ].filter(Boolean)
}
