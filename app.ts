import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import autoload from '@fastify/autoload'
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import fastify, { type FastifyInstance, LogController } from 'fastify'
import { USER_ID_PATTERN } from '#schemas/users.ts'
import type { Config } from './plugins/config/index.ts'
import { answerBadUrl, answerBrokenRequest } from './plugins/http/errors/index.ts'
import { createLogger, RequestLogger } from './plugins/http/logging/logger.ts'
import { jsonParser } from './plugins/http/validation/body-parser.ts'
import { lazyCompilers } from './plugins/http/validation/compilers.ts'
import { addKeywords } from './plugins/http/validation/keywords.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** Log lines that could not be written, so far. */
    lostLogLines: () => number
  }
}

/**
 * Builds the application: plugins, then routes. It neither listens nor touches the process.
 * @param logStream where log lines go instead of standard output
 */
export function build(config: Config, logStream?: { write(line: string): void }): FastifyInstance {
  const { logger, lostLines } = createLogger(config, logStream)
  const app = fastify({
    loggerInstance: logger,
    childLoggerFactory: (parent, bindings) => new RequestLogger(parent, bindings),
    genReqId: requestIds(),
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: 'request_id' }),
    trustProxy: trustedProxies(config.TRUST_PROXY),
    bodyLimit: config.BODY_LIMIT_BYTES,
    requestTimeout: config.REQUEST_TIMEOUT_SECONDS * 1000,
    // Longer than the usual minute for which a balancer keeps idle connections.
    keepAliveTimeout: 72_000,
    http: {
      // A second Authorization header must not be dropped in silence: joined to the first, it makes an invalid one.
      joinDuplicateHeaders: true,
      // Said here too, because what Fastify sets later leaves the limit for headers at a minute, and Node swaps the two.
      requestTimeout: config.REQUEST_TIMEOUT_SECONDS * 1000,
      // How often slow requests are looked for: Node's half a minute would stretch the timeout to many times itself.
      connectionsCheckingInterval: 1000,
    },
    // What still comes in over a connection that is about to close is served, with `Connection: close`.
    return503OnClosing: false,
    frameworkErrors: answerBadUrl,
    clientErrorHandler: answerBrokenRequest,
    schemaController: { compilersFactory: lazyCompilers() },
    // Nothing is coerced by Ajv (query strings and path parameters: see validation/coercion.ts), and unknown properties are refused, not dropped.
    ajv: {
      customOptions: { coerceTypes: false, removeAdditional: false, verbose: true },
      plugins: [addKeywords],
    },
  }).withTypeProvider<TypeBoxTypeProvider>()

  app.decorate('lostLogLines', lostLines)
  app.addHook('onRoute', ({ url }) => {
    if (app.hasDecorator('access')) return
    throw new Error(`${url}: registered before plugins/access.ts, and so without its guard`)
  })
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, jsonParser)
  app.register(autoload, {
    dir: join(import.meta.dirname, 'plugins'),
    options: { config },
    maxDepth: 2,
    // Mail templates are no plugins: the mailer loads each when a mail first needs it.
    ignoreFilter: '/templates/',
  })
  app.register(autoload, {
    dir: join(import.meta.dirname, 'routes'),
    dirNameRoutePrefix: (_parent, folder) => pathSegment(folder),
    autoHooks: true,
    cascadeHooks: true,
  })
  return app as unknown as FastifyInstance
}

/** A folder named `_film_id` is the path parameter `:film_id`. */
function pathSegment(folder: string): string {
  if (!folder.startsWith('_')) return folder
  return folder === '_user_id' ? `:user_id(${USER_ID_PATTERN})` : `:${folder.slice(1)}`
}

/** Unlike in any other process, and no random number a request. */
function requestIds(): () => string {
  const prefix = randomBytes(6).toString('base64url')
  let count = 0
  return () => `${prefix}-${(++count).toString(36)}`
}

/** A number of hops, or a list of addresses and networks. */
function trustedProxies(setting: string): false | string | ((address: string, hop: number) => boolean) {
  if (setting === '') return false
  return /^\d$/.test(setting) ? (_address, hop) => hop < Number(setting) : setting
}
