/** Whose the things behind path parameters are: each resource says it beside its own tests, in `owned.ts` or `<name>.owned.ts`. */
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

/** Belongs to no user, like a planet: every user may read it, and none may change it. */
export interface Shared {
  param: string
  shared: true
}

const ROUTES = join(import.meta.dirname, '../routes')

/** What test/routes says of every parameter. */
export async function ownership(): Promise<Map<string, Owned | Shared>> {
  const files = readdirSync(ROUTES, { recursive: true, encoding: 'utf8' }).filter(file => /\bowned\.ts$/.test(file))
  const modules = await Promise.all(files.map(file => import(pathToFileURL(join(ROUTES, file)).href)))
  return new Map(modules.map((module: { default: Owned | Shared }) => [module.default.param, module.default]))
}
