/** Every route there is, by what the router itself knows: a route that hides from the documentation or from hooks is among them. */
import type { FastifyInstance, FastifyPluginAsync, HTTPMethods } from 'fastify'
import { build as buildApp } from '../../app.ts'
import { readConfig } from '../../plugins/config/index.ts'
import { call, type Environment, environment, type Test } from './app.ts'

export interface Route {
  method: HTTPMethods
  /** The pattern: `/films/v1/:film_id` */
  url: string
  /** A path that the pattern takes. */
  path: string
}

/** Reads the router's tree: four characters a level, then a part of the path and its methods. */
export function routesOf(app: FastifyInstance): Route[] {
  const parts: string[] = []
  const routes: Route[] = []
  for (const line of app.printRoutes().split('\n')) {
    const [, indent = '', part = '', methods] = /^((?:[│ ] {3})*)[├└]── (.*?)(?: \(([A-Z, -]+)\))?$/u.exec(line) ?? []
    if (line !== '' && part === '') throw new Error(`a line of the router's tree cannot be read: ${line}`)
    parts.splice(indent.length / 4, Infinity, part.replace('(empty root node)', ''))
    const url = parts.join('')
    const path = url
      .replace(/:user_id\([^)]*\)/g, '1')
      .replace(/:\w+/g, '1')
      .replace('*', 'anything')
    for (const method of methods?.split(', ') ?? []) routes.push({ method: method as HTTPMethods, url, path })
  }
  return routes
}

/** Builds the application with more routes, as a folder in `routes/` would bring them. */
export async function buildWith(t: Test, routes: FastifyPluginAsync, env: Environment = {}): Promise<FastifyInstance> {
  const app = buildApp(readConfig(await environment(t, env)))
  t.teardown(() => app.close())
  app.register(routes)
  await app.ready()
  return app
}

/** Calls a route as it stands in the router. */
export function ask(app: FastifyInstance, { method, path }: Route, token?: string) {
  return call(app, method as 'GET', path, token === undefined ? {} : { token })
}
