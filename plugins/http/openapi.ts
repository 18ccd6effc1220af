// app.swagger, app.openapi: the OpenAPI 3.1 document, made from the routes' schemas and their `config.access`. swagger-ui.ts shows it.
import swagger from '@fastify/swagger'
import type { FastifySchema, RouteOptions } from 'fastify'
import fp from 'fastify-plugin'
import { type ErrorName, errors } from '#schemas/errors.ts'
import packageJson from '../../package.json' with { type: 'json' }
import type { Access } from '../auth/access/index.ts'
import { isSafe } from '../auth/access/safe-methods.ts'
import { render } from './errors/index.ts'

declare module 'fastify' {
  interface FastifyInstance {
    openapi: {
      /** Describes a tag of the document; call it beside the routes that bear the tag. */
      tag(tag: Tag): void
    }
  }
}

interface Tag {
  name: string
  description: string
  /** Its place in the document, from 0 to 99: only for what belongs before or after the resources. */
  order?: number
}

interface AccessDocs {
  security: Record<string, string[]>[]
  errors: ErrorName[]
  /** Only if the method is unsafe. */
  unsafe?: ErrorName[]
}

const RESTRICTED: AccessDocs = {
  security: [{ accessToken: [] }, { sessionCookie: [] }],
  errors: ['authorisationRequired', 'tokenInvalid', 'tokenExpired', 'forbidden', 'mfaRequired'],
  unsafe: ['crossSite'],
}

/** What a route's access adds to its documentation: how to authorize, and the errors otherwise. */
const ACCESS: Record<Access, AccessDocs> = {
  public: { security: [], errors: [] },
  user: {
    security: [{ accessToken: [] }, { sessionCookie: [] }],
    errors: ['authorisationRequired', 'tokenInvalid', 'tokenExpired', 'mfaRequired'],
    unsafe: ['crossSite'],
  },
  owner: RESTRICTED,
  admin: RESTRICTED,
  refresh: { security: [{ refreshToken: [] }], errors: ['authorisationRequired', 'tokenInvalid', 'tokenExpired'] },
}

const EVERY_ROUTE: ErrorName[] = ['requestInvalid', 'tooManyRequests', 'internal', 'unavailable']
const WITH_BODY: ErrorName[] = ['bodyTooLarge', 'mediaTypeUnsupported']
const WITH_PATH_PARAMETER: ErrorName[] = ['uriTooLong']

/** What goes with a status besides the body. */
const HEADERS: Record<number, Record<string, object>> = {
  401: { 'WWW-Authenticate': { type: 'string', description: 'RFC 6750', examples: ['Bearer error="invalid_token"'] } },
  429: { 'Retry-After': { type: 'integer', description: 'Seconds until the limit counts anew', examples: [42] } },
  503: { 'Retry-After': { type: 'integer', description: 'Seconds', examples: [2] } },
}

/** What the answer's `details` look like, where there are any. */
const DETAILS: Partial<Record<string, Record<string, unknown>>> = {
  'email-invalid': { in: 'body', field: 'email', problem: 'must match the pattern' },
  'password-invalid': { in: 'body', field: 'password', problem: 'must NOT have fewer than 8 characters' },
  'too-many-requests': { limit: 'RATE_LIMIT_MAX', max: 6000 },
}

export default fp(
  async app => {
    const tags: Tag[] = []
    await app.register(swagger, {
      openapi: {
        openapi: '3.1.0',
        info: {
          title: 'Holocron',
          version: packageJson.version,
          description: packageJson.description,
          license: { name: 'MIT', identifier: 'MIT' },
        },
        servers: [{ url: app.config.PUBLIC_URL }],
        components: {
          securitySchemes: {
            accessToken: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT', description: 'The `token` of a login' },
            refreshToken: {
              type: 'http',
              scheme: 'bearer',
              bearerFormat: 'JWT',
              description: 'The `refresh_token` of a login',
            },
            sessionCookie: {
              type: 'apiKey',
              in: 'cookie',
              name: app.sessionCookie.name,
              description: 'The session of a browser, set by `POST /sessions/v1/`',
            },
          },
        },
      },
      refResolver: { buildLocalReference: (json, _base, _fragment, i) => String(json.$id ?? `schema-${i}`) },
      transform: ({ schema, url, route }) => ({ schema: complete(schema, route), url }),
      transformObject: document => ({
        ...('openapiObject' in document && document.openapiObject),
        tags: inOrder(tags),
      }),
    })
    app.decorate('openapi', { tag: tag => void tags.push(tag) })
  },
  { name: 'openapi', dependencies: ['config', 'validation', 'access', 'errors', 'session-cookie'] },
)

/** Resources come in between: in the order of their names. */
const MIDDLE = 50

function inOrder(tags: Tag[]): Pick<Tag, 'name' | 'description'>[] {
  return tags
    .toSorted((a, b) => (a.order ?? MIDDLE) - (b.order ?? MIDDLE) || a.name.localeCompare(b.name))
    .map(({ name, description }) => ({ name, description }))
}

/** Adds to a route's schema what follows from its configuration. */
function complete(schema: FastifySchema = {}, { config = {}, method }: RouteOptions): FastifySchema {
  if (method === 'HEAD') return { ...schema, hide: true }
  const access = ACCESS[config.access ?? 'user']
  const names = [
    ...access.errors.filter(name => name !== 'mfaRequired' || !config.beforeMfa),
    ...(isSafe(String(method)) ? [] : (access.unsafe ?? [])),
    ...(config.errors ?? []),
    ...EVERY_ROUTE,
    ...(method === 'GET' ? [] : WITH_BODY),
    ...(schema.params ? WITH_PATH_PARAMETER : []),
  ]
  const { produces, ...rest } = schema
  const own = produces?.includes('text/html') ? withPage(schema.response as Responses) : schema.response
  return { ...rest, security: access.security, response: { ...(own as Responses), ...errorResponses(names) } }
}

type Responses = Record<string, { description?: string }>

/** Browsers get a page instead of the JSON, on the routes that say so by `produces`. */
function withPage({ 200: ok, ...others }: Responses): Responses {
  const content = { 'application/json': { schema: ok }, 'text/html': { schema: { type: 'string' } } }
  const description = `${ok?.description}; a page, where \`Accept\` has \`text/html\``
  return { ...others, 200: { description, content } as Responses[string] }
}

/** One response a status, with an example a code. */
function errorResponses(names: ErrorName[]): Record<number, unknown> {
  const byStatus = Map.groupBy(new Set(names), name => errors[name].statusCode)
  return Object.fromEntries([...byStatus].map(([status, own]) => [status, errorResponse(status, own)]))
}

function errorResponse(status: number, names: ErrorName[]) {
  const codes = names.map(name => errors[name].code)
  const examples = names.map(name => {
    const details = DETAILS[errors[name].code]
    return [errors[name].code, { value: render(errors[name](details && { details })) }]
  })
  return {
    description: codes.map(code => `\`${code}\``).join(', '),
    ...(HEADERS[status] && { headers: HEADERS[status] }),
    content: { 'application/json': { schema: { $ref: 'ApiError#' }, examples: Object.fromEntries(examples) } },
  }
}
