/** What other plugins hand over, each at the one place where all of its kind goes through. */
import { defaultTextMapSetter, ROOT_CONTEXT } from '@opentelemetry/api'
import { W3CTraceContextPropagator } from '@opentelemetry/core'
import { fail, SpanKind, type Spans } from './spans.ts'

/** As Kysely logs it. */
interface Statement {
  level: 'query' | 'error'
  query: { sql: string }
  queryDurationMillis: number
  error?: unknown
}

type Run = <T>(work: () => Promise<T>) => Promise<T>
type Send<Request> = (url: URL, request: Request) => Promise<Response>

export interface Traces {
  /** Adds a statement that has just ended. Its text has placeholders and no values. */
  statement(statement: Statement): void
  /** The same queue, whose work is traced: how long it waited, and how long it took. */
  queue(name: string, run: Run): Run
  /** The same function, as a trace of its own: it works for nobody who waits. */
  job<Args extends unknown[]>(name: string, deliver: (...args: Args) => Promise<void>): typeof deliver
  /** The same function, as part of the trace that calls it. */
  part<Args extends unknown[]>(name: string, send: (...args: Args) => Promise<void>): typeof send
  /** The same function, whose requests are traced, and tell the other side of which trace they are. */
  outbound<Request extends { method?: string; headers?: Record<string, string> }>(send: Send<Request>): Send<Request>
}

const propagator = new W3CTraceContextPropagator()

export function createTraces(spans: Spans, database: 'mysql' | 'sqlite'): Traces {
  return {
    statement({ level, query, queryDurationMillis, error }) {
      if (!spans.current()) return
      const end = Date.now()
      const { sql } = query
      const operation = /^\w+/.exec(sql.trim())?.[0]?.toUpperCase() ?? 'SQL'
      const table = /\b(?:from|into|update) [`"](\w+)/i.exec(sql)?.[1]
      const attributes = {
        'db.system.name': database,
        'db.query.text': sql,
        'db.operation.name': operation,
        ...(table && { 'db.collection.name': table }),
      }
      const name = [operation, table].filter(Boolean).join(' ')
      const span = spans.start({ name, kind: SpanKind.CLIENT, attributes, startTime: end - queryDurationMillis })
      if (level === 'error') fail(span, error)
      span.end(end)
    },
    queue: (name, run) => work =>
      spans.run({ name }, async () => {
        const waiting = spans.start({ name: `${name} wait` })
        try {
          return await run(() => {
            waiting.end()
            return spans.run({ name: `${name} work` }, work)
          })
        } finally {
          if (waiting.isRecording()) waiting.end()
        }
      }),
    job:
      (name, deliver) =>
      (...args) =>
        spans.run({ name, kind: SpanKind.CONSUMER }, () => deliver(...args), ROOT_CONTEXT),
    part:
      (name, send) =>
      (...args) =>
        spans.run({ name, kind: SpanKind.CLIENT }, () => send(...args)),
    outbound: send => (url, request) => {
      const { method = 'GET' } = request
      const { hostname, port, protocol } = url
      const attributes = {
        'http.request.method': method,
        'server.address': hostname,
        'server.port': Number(port) || (protocol === 'https:' ? 443 : 80),
      }
      return spans.run({ name: method, kind: SpanKind.CLIENT, attributes }, async span => {
        const headers = { ...request.headers }
        const context = spans.current()
        if (context) propagator.inject(context, headers, defaultTextMapSetter)
        const response = await send(url, { ...request, headers })
        span?.setAttribute('http.response.status_code', response.status)
        return response
      })
    },
  }
}
