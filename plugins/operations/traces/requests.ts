/** A span for each request: its method, route and status, and nothing that a caller sent but the `traceparent`. */
import { ROOT_CONTEXT, type Span, SpanStatusCode } from '@opentelemetry/api'
import { W3CTraceContextPropagator } from '@opentelemetry/core'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { SpanKind, type Spans } from './spans.ts'

const propagator = new W3CTraceContextPropagator()

const getter = {
  keys: Object.keys,
  get: (headers: FastifyRequest['headers'], name: string) => headers[name],
}

export function traceRequests(app: FastifyInstance, spans: Spans): void {
  const open = new WeakMap<FastifyRequest, Span>()

  app.addHook('onRequest', (request, _reply, done) => {
    const { headers, id, method, routeOptions } = request
    const parent = propagator.extract(ROOT_CONTEXT, headers, getter)
    const { url: route } = routeOptions
    const attributes = {
      'http.request.method': method,
      ...(route && { 'http.route': route }),
      'holocron.request_id': id,
    }
    const name = [method, route].filter(Boolean).join(' ')
    const span = spans.start({ name, kind: SpanKind.SERVER, attributes }, parent)
    open.set(request, span)
    // Reading the body does not leave this context: Fastify restores it.
    spans.within(span, parent, done)
  })

  app.addHook('onResponse', (request, { statusCode }, done) => {
    const span = open.get(request)
    span?.setAttribute('http.response.status_code', statusCode)
    if (statusCode >= 500)
      span?.setAttribute('error.type', String(statusCode)).setStatus({ code: SpanStatusCode.ERROR })
    span?.end()
    done()
  })
}
