import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { errors } from '#schemas/errors.ts'

/** 404, or 405 with `Allow` if the path has routes for other methods. */
export function notFoundHandler(app: FastifyInstance) {
  const patterns = new Set<string>()
  app.addHook('onRoute', ({ url }) => void patterns.add(url))

  return (request: FastifyRequest, reply: FastifyReply): never => {
    app.limits.count(request.client.limitKey)
    const path = pathOf(request.url).split('/')
    const urls = [...patterns].filter(pattern => matches(pattern.split('/'), path))
    const allowed = app.supportedMethods.filter(method => urls.some(url => app.hasRoute({ method, url })))
    if (allowed.length === 0) throw errors.notFound()
    reply.header('allow', allowed.join(', '))
    throw errors.methodNotAllowed()
  }
}

/** As the router reads it: `/%66ilms` is `/films`, but an encoded slash separates nothing. */
function pathOf(url: string): string {
  const path = url.split('?', 1)[0] ?? ''
  return path.replace(/%(?!2f)[\da-f]{2}/gi, encoded => String.fromCharCode(Number.parseInt(encoded.slice(1), 16)))
}

/** Whether a path fits a route's pattern. Computed only for requests without a route. */
function matches(expected: string[], actual: string[]): boolean {
  return (
    expected.length === actual.length &&
    expected.every((part, i) => part === actual[i] || (part.startsWith(':') && fits(part, actual[i] ?? '')))
  )
}

/** A parameter may carry a regular expression: `:user_id([1-9][0-9]*)`. */
function fits(parameter: string, value: string): boolean {
  const expression = /\((.+)\)$/.exec(parameter)?.[1] ?? '.+'
  return new RegExp(`^${expression}$`).test(value)
}
