/** Every route the router knows, including those hidden from the documentation or from hooks. */
import type { FastifyInstance, FastifyPluginAsync, HTTPMethods, RouteOptions } from 'fastify'
import { build as buildApp } from '../../app.ts'
import { readConfig } from '../../plugins/config/index.ts'
import { call, type Environment, endInjectedStreams, environment, type Test } from './app.ts'

export interface Route {
  method: HTTPMethods
  /** The pattern: `/films/v1/:film_id` */
  url: string
  /** A path that matches the pattern. */
  path: string
}

/** Parses the router's tree: four characters per level, then a part of the path and its methods. */
export function routesOf(app: FastifyInstance): Route[] {
  const parts: string[] = []
  const routes: Route[] = []
  for (const line of app.printRoutes().split('\n')) {
    const [, indent = '', part = '', methods] = /^((?:[│ ] {3})*)[├└]── (.*?)(?: \(([A-Z, -]+)\))?$/u.exec(line) ?? []
    if (line !== '' && part === '') throw new Error(`a line of the router's tree cannot be read: ${line}`)
    parts.splice(indent.length / 4, Infinity, part.replace('(empty root node)', ''))
    const url = parts.join('')
    const path = pathOf(url)
    for (const method of methods?.split(', ') ?? []) routes.push({ method: method as HTTPMethods, url, path })
  }
  return routes
}

/** A path that matches a pattern. */
export function pathOf(url: string): string {
  return url.replace(/:\w+(\([^)]*\))?/g, '1').replace('*', 'anything')
}

/** Builds the application, and collects the options of its routes. */
export async function buildWithOptions(t: Test, env: Environment) {
  const app = endInjectedStreams(buildApp(readConfig(env)))
  const options: RouteOptions[] = []
  app.addHook('onRoute', route => void options.push(route))
  t.teardown(() => app.close())
  await app.ready()
  return { app, options }
}

/** Builds the application with further routes, as a folder in `routes/` would add them. */
export async function buildWith(
  t: Test,
  routes: FastifyPluginAsync,
  env: Environment = {},
  log?: { write(line: string): void },
): Promise<FastifyInstance> {
  const app = endInjectedStreams(buildApp(readConfig(await environment(t, env)), log))
  t.teardown(() => app.close())
  app.register(routes)
  await app.ready()
  return app
}

/** Calls a route of the router. */
export function ask(app: FastifyInstance, { method, path }: Route, token?: string) {
  return call(app, method as 'GET', path, token === undefined ? {} : { token })
}
