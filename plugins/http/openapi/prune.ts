import type { NamedSchemas } from './examples.ts'

const REFERENCE = /"#\/components\/schemas\/([^"]+)"/g

interface Described {
  paths: object
  webhooks: object
  components: { schemas: NamedSchemas; responses: object }
}

/** Removes the schemas that no operation refers to: those of features that are not configured. */
export function removeUnused({ paths, webhooks, components }: Described): void {
  const used = new Set<string>()
  const waiting: unknown[] = [paths, webhooks, components.responses]
  for (const part of waiting) {
    for (const [, name = ''] of JSON.stringify(part ?? null).matchAll(REFERENCE)) {
      if (used.has(name)) continue
      used.add(name)
      waiting.push(components.schemas[name])
    }
  }
  for (const name of Object.keys(components.schemas)) if (!used.has(name)) delete components.schemas[name]
}
