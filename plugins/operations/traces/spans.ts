/** The span that is current, by asynchronous context. Of this application alone: nothing global is set, and several applications share a process in tests. */
import { AsyncLocalStorage } from 'node:async_hooks'
import {
  type Attributes,
  type Context,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  type Tracer,
  trace,
} from '@opentelemetry/api'

export interface SpanOptions {
  name: string
  kind?: SpanKind
  attributes?: Attributes
  /** ms since 1970; now unless given. */
  startTime?: number
}

export interface Spans {
  /** The context of the current span, if there is one. */
  current(): Context | undefined
  /** A span within the current one, or within another. The caller ends it. */
  start(options: SpanOptions, parent?: Context): Span
  /** Runs `work` with this span as the current one, and does not end it. */
  within<T>(span: Span, parent: Context, work: () => T): T
  /** Runs `work` as a span within the current one; where there is none, without a span. */
  run<T>(options: SpanOptions, work: (span: Span | undefined) => Promise<T>, parent?: Context): Promise<T>
}

export function createSpans(tracer: Tracer): Spans {
  const storage = new AsyncLocalStorage<Context>()

  const start: Spans['start'] = ({ name, ...options }, parent = storage.getStore()) =>
    tracer.startSpan(name, options, parent ?? ROOT_CONTEXT)
  const within: Spans['within'] = (span, parent, work) => storage.run(trace.setSpan(parent, span), work)

  return {
    current: () => storage.getStore(),
    start,
    within,
    async run(options, work, parent = storage.getStore()) {
      if (!parent) return work(undefined)
      const span = start(options, parent)
      try {
        return await within(span, parent, () => work(span))
      } catch (error) {
        fail(span, error)
        throw error
      } finally {
        span.end()
      }
    },
  }
}

/** Says of an error what kind it is. Its message may quote somebody's data. */
export function fail(span: Span, error: unknown): void {
  const { code, name } = Object(error)
  span.setAttribute('error.type', typeof code === 'string' ? code : String(name ?? 'unknown'))
  span.setStatus({ code: SpanStatusCode.ERROR })
}

export { SpanKind }
