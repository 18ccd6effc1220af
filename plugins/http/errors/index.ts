// (no decorator) Renders every error in the catalogue's form, Fastify's own ones and the database's included. What is not in the catalogue is a bug: 500.
import type { Socket } from 'node:net'
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { type CatalogueError, errors, type Thrower } from '#schemas/errors.ts'
import { isUnavailable } from '#sql/connection/errors.ts'

/** Not imported: an `import` of node:http reads all that it exports, and so loads fetch and WebSocket, which nobody here needs. */
const { STATUS_CODES } = process.getBuiltinModule('node:http')

/** When to try again after the database was away (seconds). */
const RETRY_AFTER = 2

/** Under a flood, one line a second tells why requests are refused (ms); how many are is in the metrics. */
const SAY_EVERY = 1000

export default fp(
  async app => {
    const maySay = atMostEvery(SAY_EVERY)
    app.setErrorHandler<FastifyError>((error, request, reply) => {
      const answer = translate(error)
      if (answer.statusCode === 500)
        request.log.error({ err: error, route: request.routeOptions.url }, 'unexpected error')
      if (answer.statusCode === 503 && maySay()) request.log.warn({ err: answer.cause ?? error }, 'unavailable')
      if (answer.statusCode === 401) reply.header('www-authenticate', challenge(answer))
      if (answer.retryAfter !== undefined) reply.header('retry-after', answer.retryAfter)
      return reply.code(answer.statusCode ?? 500).send(render(answer))
    })
    const paths = new Set<string>()
    app.addHook('onRoute', ({ url }) => void paths.add(url))
    app.setNotFoundHandler((request, reply) => {
      app.limits.count(request.client.limitKey)
      const path = request.url.split('?', 1)[0] ?? ''
      const urls = [...paths].filter(pattern => matches(pattern, path))
      const allowed = app.supportedMethods.filter(method => urls.some(url => app.hasRoute({ method, url })))
      if (allowed.length === 0) throw errors.notFound()
      reply.header('allow', allowed.join(', '))
      throw errors.methodNotAllowed()
    })
  },
  { name: 'errors', dependencies: ['security-headers', 'rate-limits', 'client'] },
)

function atMostEvery(interval: number): () => boolean {
  let last = -Infinity
  return () => {
    const now = performance.now()
    if (now - last < interval) return false
    last = now
    return true
  }
}

/** An error as it is sent. */
export function render({ statusCode = 500, code, details }: CatalogueError) {
  return { status: 'error', statusCode, error: STATUS_CODES[statusCode], message: code, ...(details && { details }) }
}

/** @see https://www.rfc-editor.org/rfc/rfc6750#section-3 */
function challenge({ code }: CatalogueError): string {
  return code === errors.authorisationRequired.code
    ? 'Bearer'
    : `Bearer error="invalid_token", error_description="${code}"`
}

/** Does the path belong to a route's pattern? Only asked when no route took the request. */
function matches(pattern: string, path: string): boolean {
  const wanted = pattern.split('/')
  const given = path.split('/')
  return (
    wanted.length === given.length &&
    wanted.every((part, i) => part === given[i] || (part.startsWith(':') && fits(part, given[i] ?? '')))
  )
}

/** A parameter may name its form: `:user_id([0-9a-f-]{36})`. */
function fits(parameter: string, value: string): boolean {
  const form = /\((.+)\)$/.exec(parameter)?.[1] ?? '.+'
  return new RegExp(`^${form}$`).test(value)
}

const catalogue = new Map<string, Thrower>(Object.values(errors).map(entry => [entry.code, entry]))

/** Fastify's errors, and those of its plugins, by their status. */
const byStatus = new Map<number, Thrower>([
  [400, errors.requestInvalid],
  [404, errors.notFound],
  [405, errors.methodNotAllowed],
  [408, errors.requestTimeout],
  [413, errors.bodyTooLarge],
  [414, errors.uriTooLong],
  [415, errors.mediaTypeUnsupported],
  [429, errors.tooManyRequests],
  [503, errors.unavailable],
])

function translate(error: FastifyError): CatalogueError {
  if (catalogue.has(error.code)) return error
  if (error.validation) return invalid(error)
  if (isUnavailable(error)) return errors.unavailable({ retryAfter: RETRY_AFTER, cause: error })
  const entry = byStatus.get(error.statusCode ?? 500)
  if (!entry) return errors.internal()
  return entry.statusCode === 503 ? entry({ retryAfter: RETRY_AFTER }) : entry()
}

interface Problem {
  instancePath: string
  keyword: string
  message?: string
  params: { missingProperty?: string; additionalProperty?: string }
  parentSchema?: { 'x-error-code'?: string; properties?: Record<string, { 'x-error-code'?: string }> }
}

/** The name of an unknown property is the caller's, and not to be thrown back at any length (characters). */
const FIELD_MAX_LENGTH = 64

/** The first problem decides: its schema may name a code (`x-error-code`), its field goes into the details. The value never does. */
function invalid(error: FastifyError): CatalogueError {
  const [problem] = error.validation as unknown as [Problem]
  const { missingProperty, additionalProperty } = problem.params
  const schema = missingProperty ? problem.parentSchema?.properties?.[missingProperty] : problem.parentSchema
  const entry = catalogue.get(schema?.['x-error-code'] ?? '') ?? errors.requestInvalid
  // A path parameter that no resource can have: the path is unknown, and no field is to blame.
  if (entry === errors.notFound) return entry()
  const field = [problem.instancePath.slice(1), missingProperty ?? additionalProperty].filter(Boolean).join('/')
  return entry({
    details: {
      in: error.validationContext as FastifyRequest['url'],
      ...(field && { field: field.slice(0, FIELD_MAX_LENGTH) }),
      problem: problem.message ?? problem.keyword,
    },
  })
}

/** A URL that the router cannot read, or does not want to, never reaches the error handler: it is answered here, in the same form. */
export function answerBadUrl(error: FastifyError, request: FastifyRequest, reply: FastifyReply): void {
  const answer = translate(error)
  void reply
    .code(answer.statusCode ?? 400)
    .headers(request.server.securityHeaders)
    .header('x-request-id', request.id)
    .type('application/json; charset=utf-8')
    .send(JSON.stringify(render(answer)))
}

const broken: Record<string, () => CatalogueError> = {
  HPE_HEADER_OVERFLOW: errors.headersTooLarge,
  ERR_HTTP_REQUEST_TIMEOUT: errors.requestTimeout,
}

/** A request that is no HTTP, too long in its head or too slow: all there is to answer on is the socket. */
export function answerBrokenRequest(this: FastifyInstance, error: Error & { code: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy()
  const answer = (broken[error.code] ?? errors.requestInvalid)()
  const body = JSON.stringify(render(answer))
  const head = {
    ...this.securityHeaders,
    'content-type': 'application/json; charset=utf-8',
    'content-length': Buffer.byteLength(body),
    connection: 'close',
  }
  const lines = Object.entries(head).map(([name, value]) => `${name}: ${value}\r\n`)
  socket.end(`HTTP/1.1 ${answer.statusCode} ${STATUS_CODES[answer.statusCode ?? 400]}\r\n${lines.join('')}\r\n${body}`)
}
