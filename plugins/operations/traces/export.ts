/** Where spans go: sampled, in batches, bounded. All of it is the SDK of OpenTelemetry, configured by our settings. */
import { randomUUID } from 'node:crypto'
import { ExportResultCode } from '@opentelemetry/core'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http'
import { resourceFromAttributes } from '@opentelemetry/resources'
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  BatchSpanProcessor,
  ParentBasedSampler,
  type Sampler,
  type SpanExporter,
  type SpanProcessor,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from '@opentelemetry/sdk-trace'
import type { FastifyBaseLogger } from 'fastify'
import packageJson from '../../../package.json' with { type: 'json' }
import type { Config } from '../../config/index.ts'
import { parseKeyValues } from '../../config/key-values.ts'

/** Spans that wait to be sent; more are dropped. */
const WAITING_MAX = 2048
const TIMEOUT_MS = 5000
/** Longer statements, with lists of placeholders, are cut (characters). */
const ATTRIBUTE_MAX_LENGTH = 2000

interface Counts {
  sent: number
  dropped: number
  failed: number
}

export function createExport(config: Config, endpoint: string, log: FastifyBaseLogger) {
  const { OTEL_EXPORTER_OTLP_HEADERS, OTEL_RESOURCE_ATTRIBUTES, OTEL_SERVICE_NAME } = config
  const counts: Counts = { sent: 0, dropped: 0, failed: 0 }
  const exporter = new OTLPTraceExporter({
    url: `${endpoint.replace(/\/+$/, '')}/v1/traces`,
    headers: OTEL_EXPORTER_OTLP_HEADERS ? parseKeyValues(OTEL_EXPORTER_OTLP_HEADERS) : {},
    timeoutMillis: TIMEOUT_MS,
  })
  const provider = new TracerProvider({
    sampler: samplerOf(config),
    spanLimits: { attributeValueLengthLimit: ATTRIBUTE_MAX_LENGTH },
    resource: resourceFromAttributes({
      'service.name': 'holocron',
      'service.version': packageJson.version,
      'service.instance.id': randomUUID(),
      ...(OTEL_RESOURCE_ATTRIBUTES && parseKeyValues(OTEL_RESOURCE_ATTRIBUTES)),
      ...(OTEL_SERVICE_NAME && { 'service.name': OTEL_SERVICE_NAME }),
    }),
    spanProcessors: [countedProcessor(exporter, counts, log)],
  })
  return { provider, counts }
}

function samplerOf({ OTEL_TRACES_SAMPLER, OTEL_TRACES_SAMPLER_ARG }: Config): Sampler {
  const [, parent, name] = /^(parentbased_)?(.+)$/.exec(OTEL_TRACES_SAMPLER) ?? []
  const root =
    name === 'always_on'
      ? new AlwaysOnSampler()
      : name === 'always_off'
        ? new AlwaysOffSampler()
        : new TraceIdRatioBasedSampler(Number(OTEL_TRACES_SAMPLER_ARG))
  return parent ? new ParentBasedSampler({ root }) : root
}

/** Counts what becomes of the spans, which the SDK tells nobody: when none arrive, an operator wants to know why. */
function countedProcessor(exporter: SpanExporter, counts: Counts, log: FastifyBaseLogger): SpanProcessor {
  let waiting = 0
  let isFailing = false
  const counted: SpanExporter = {
    export(spans, done) {
      waiting -= spans.length
      exporter.export(spans, result => {
        const failed = result.code !== ExportResultCode.SUCCESS
        counts[failed ? 'failed' : 'sent'] += spans.length
        if (failed && !isFailing) log.warn({ reason: result.error?.message }, 'collector does not accept traces')
        isFailing = failed
        done(result)
      })
    },
    shutdown: () => exporter.shutdown(),
  }
  const batches = new BatchSpanProcessor({
    exporter: counted,
    maxQueueSize: WAITING_MAX,
    exportTimeoutMillis: TIMEOUT_MS,
  })
  return {
    onStart: () => {},
    onEnd(span) {
      if (waiting >= WAITING_MAX) {
        counts.dropped++
        return
      }
      waiting++
      batches.onEnd(span)
    },
    forceFlush: () => batches.forceFlush(),
    shutdown: () => batches.shutdown(),
  }
}
