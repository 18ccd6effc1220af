/** YAML in block style, with keys and scalars as in JSON, which YAML 1.2 includes. The package that can write any YAML takes ten times as long, and nobody else is served meanwhile. */
export function toYaml(value: unknown, indent = ''): string {
  if (typeof value !== 'object' || value === null || Object.keys(value).length === 0)
    return ` ${JSON.stringify(value)}\n`
  const deeper = `${indent}  `
  const lines = Array.isArray(value)
    ? value.map(item => `${indent}-${toYaml(item, deeper)}`)
    : Object.entries(value).map(([key, item]) => `${indent}${JSON.stringify(key)}:${toYaml(item, deeper)}`)
  return `\n${lines.join('')}`
}
