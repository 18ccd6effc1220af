/** What users can own, by path parameter: each resource says beside its own tests how one is made (`owned.ts` or `<name>.owned.ts`). */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { FastifyInstance } from 'fastify'

export interface Owned {
  /** The path parameter that names it: `note_id`. */
  param: string
  /** Makes one for the user of this access token, and resolves to its id. */
  make(app: FastifyInstance, token: string): Promise<string | number>
}

const ROUTES = join(import.meta.dirname, '../routes')

/** Every maker in test/routes, by parameter. */
export async function makers(): Promise<Map<string, Owned['make']>> {
  const files = readdirSync(ROUTES, { recursive: true, encoding: 'utf8' }).filter(file => /\bowned\.ts$/.test(file))
  const modules = await Promise.all(files.map(file => import(pathToFileURL(join(ROUTES, file)).href)))
  return new Map(modules.map((module: { default: Owned }) => [module.default.param, module.default.make]))
}
