/** What a collector of traces was sent. */
import type { Collector } from './collector.ts'

export interface Span {
  traceId: string
  spanId: string
  parentSpanId?: string
  name: string
  attributes: Record<string, unknown>
  status: { code?: number; message?: string }
}

interface Message {
  resourceSpans: {
    resource: { attributes: Attribute[] }
    scopeSpans: { spans: (Omit<Span, 'attributes'> & { attributes: Attribute[] })[] }[]
  }[]
}

interface Attribute {
  key: string
  value: Record<string, unknown>
}

export const valuesOf = (attributes: Attribute[]) =>
  Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]]))

export const messagesOf = ({ received }: Collector) => received.map(({ body }): Message => JSON.parse(body))

/** The spans that the collector was sent, decoded as the protocol says. */
export function spansOf(collector: Collector): Span[] {
  return messagesOf(collector)
    .flatMap(({ resourceSpans }) => resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans)))
    .map(span => ({ ...span, attributes: valuesOf(span.attributes) }))
}
