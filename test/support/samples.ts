/** Bodies that are no JSON: each resource that takes some says beside its tests what they are (`samples.ts` or `<name>.samples.ts`). */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

/** By media type: makes a body that is taken. */
export type Samples = Record<string, () => Promise<Buffer>>

const ROUTES = join(import.meta.dirname, '../routes')

const makers = new Map<string, () => Promise<Buffer>>()
for (const file of readdirSync(ROUTES, { recursive: true, encoding: 'utf8' }).filter(file =>
  /\bsamples\.ts$/.test(file),
)) {
  const module: { default: Samples } = await import(pathToFileURL(join(ROUTES, file)).href)
  for (const [type, make] of Object.entries(module.default)) makers.set(type, make)
}

/** A body of this media type, if there is a sample. */
export async function sampleOf(type: string): Promise<Buffer | undefined> {
  return makers.get(type)?.()
}

export async function allSamples(): Promise<Map<string, Buffer>> {
  const made = [...makers].map(async ([type, make]) => [type, await make()] as const)
  return new Map(await Promise.all(made))
}
