/**
 * Reads `name=value,name=value`, percent-encoded, as OpenTelemetry's variables have it.
 * @throws Error for what is no such pair, or wrongly encoded
 * @see https://opentelemetry.io/docs/specs/otel/protocol/exporter/#specifying-headers-via-environment-variables
 */
export function parseKeyValues(text: string): Record<string, string> {
  return Object.fromEntries(text.split(',').map(parsePair))
}

function parsePair(pair: string): [name: string, value: string] {
  const [, name, value = ''] = /^\s*([^\s=]+)\s*=(.*)$/.exec(pair) ?? []
  if (name === undefined) throw new Error('not a list of name=value')
  try {
    return [name, decodeURIComponent(value.trim())]
  } catch {
    throw new Error('not percent-encoded')
  }
}
