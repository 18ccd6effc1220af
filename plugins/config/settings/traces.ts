/** Traces, by the standard names of OpenTelemetry. */
import { Type } from '@sinclair/typebox'
import { oneOf } from '#schemas/ref.ts'

declare module '../schema.ts' {
  interface Topics {
    traces: typeof traces
  }
}

export const traces = {
  OTEL_EXPORTER_OTLP_ENDPOINT: Type.Optional(
    Type.String({
      pattern: '^https?://[^\\s/?#]+[^\\s?#]*$',
      description:
        'Collector that traces are sent to, by OTLP over HTTP as JSON: `http://collector:4318`, to which `/v1/traces` is added. Unset: nowhere',
    }),
  ),
  OTEL_EXPORTER_OTLP_HEADERS: Type.Optional(
    Type.String({
      minLength: 1,
      description: 'Headers for the collector, percent-encoded: `authorization=Bearer%20…,x-tenant=…`',
    }),
  ),
  OTEL_SERVICE_NAME: Type.Optional(
    Type.String({ minLength: 1, maxLength: 255, description: '`service.name` of the traces. Default: `holocron`' }),
  ),
  OTEL_RESOURCE_ATTRIBUTES: Type.Optional(
    Type.String({
      minLength: 1,
      description: 'More about this deployment, percent-encoded: `deployment.environment.name=staging,…`',
    }),
  ),
  OTEL_TRACES_SAMPLER: oneOf(
    [
      'always_on',
      'always_off',
      'traceidratio',
      'parentbased_always_on',
      'parentbased_always_off',
      'parentbased_traceidratio',
    ],
    {
      default: 'parentbased_always_on',
      description:
        'Which requests are traced. `parentbased_…` does what the `traceparent` of the request says where it has one, whoever sent it',
    },
  ),
  OTEL_TRACES_SAMPLER_ARG: Type.String({
    default: '1',
    pattern: '^(?:0|1|0?\\.\\d{1,9}|1\\.0)$',
    description: 'Share of the requests that `traceidratio` samplers trace: from `0` to `1`, such as `0.05`',
  }),
}
