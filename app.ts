import { randomBytes } from 'node:crypto'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import autoload from '@fastify/autoload'
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import fastify, { type FastifyInstance, LogController } from 'fastify'
import { USER_ID_PATTERN } from '#schemas/users.ts'
import type { Config } from './plugins/config/index.ts'
import { createServer } from './plugins/http/connections/server.ts'
import { handleClientError, handleFrameworkError } from './plugins/http/errors/before-routing.ts'
import type { ErrorLines } from './plugins/http/logging/error-lines.ts'
import { createLogger, RequestLogger } from './plugins/http/logging/logger.ts'
import { jsonParser } from './plugins/http/validation/body-parser.ts'
import { ajvOptions, lazyCompilers } from './plugins/http/validation/compilers.ts'
import { sharedSchemas } from './plugins/http/validation/shared-schemas.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** Log lines lost so far, because they could not be written. */
    lostLogLines: () => number
    /** What is logged as an error, for whoever reports it; undefined unless errors are tracked. */
    errorLines: ErrorLines | undefined
    /** Whether this process sends mails and cleans up, as a service does and a command does not. */
    worksInBackground: boolean
  }
}

/**
 * Builds the application: plugins, then routes. It neither listens nor touches the process.
 * @param logStream receives the log lines instead of standard output
 * @param worksInBackground false for commands: the mails that they cause are sent by the service
 */
export function build(
  config: Config,
  logStream?: { write(line: string): void },
  { worksInBackground = true } = {},
): FastifyInstance {
  const { logger, lostLines, errorLines } = createLogger(config, logStream)
  const app = fastify({
    loggerInstance: logger,
    childLoggerFactory: (parent, bindings) => new RequestLogger(parent, bindings),
    genReqId: requestIds(),
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: 'request_id' }),
    trustProxy: trustedProxies(config.TRUST_PROXY),
    bodyLimit: config.BODY_LIMIT_BYTES,
    // A migration takes as long as it takes. What waits for others at the start has limits of its own.
    pluginTimeout: 0,
    serverFactory: handle => createServer(config, handle),
    // Requests arriving on a connection that is about to close are served, with `Connection: close`.
    return503OnClosing: false,
    frameworkErrors: handleFrameworkError,
    clientErrorHandler: handleClientError,
    schemaController: { bucket: sharedSchemas, compilersFactory: lazyCompilers() },
    ajv: ajvOptions,
  }).withTypeProvider<TypeBoxTypeProvider>()

  app.decorate('lostLogLines', lostLines)
  app.decorate('errorLines', errorLines)
  app.decorate('worksInBackground', worksInBackground)
  app.addHook('onRoute', ({ url }) => {
    if (app.hasDecorator('access')) return
    throw new Error(`${url}: registered before plugins/auth/access, so without a guard`)
  })
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, jsonParser)
  app.register(importTogether)
  app.register(autoload, {
    dir: join(import.meta.dirname, 'plugins'),
    options: { config },
    maxDepth: 2,
    // Mail templates are no plugins: the mailer loads each when a mail first needs it.
    ignoreFilter: '/mailer/templates/',
  })
  app.register(autoload, {
    dir: join(import.meta.dirname, 'routes'),
    dirNameRoutePrefix: (_parent, folder) => pathSegment(folder),
    autoHooks: true,
    cascadeHooks: true,
  })
  return app as unknown as FastifyInstance
}

const DISPLAY_NAME = Symbol.for('fastify.display-name')

let imported: Promise<void> | undefined

/**
 * Imports most of what autoload will, from a single module and once: for each `import()` of a module that is new to it, Node walks the graph of all that
 * this one imports, which are hundreds.
 */
function importTogether(): Promise<void> {
  imported ??= importAll([...filesIn('plugins', /^[^/]+\/([^/]+\/)?index\.ts$/), ...filesIn('routes', /\.ts$/)])
  return imported
}

async function importAll(files: string[]): Promise<void> {
  const urls = files.map(file => JSON.stringify(pathToFileURL(join(import.meta.dirname, file)).href))
  const together = urls.map((url, i) => `export * as module${i} from ${url}`).join('\n')
  const modules = await import(`data:text/javascript,${encodeURIComponent(together)}`)
  for (const [i, file] of files.entries()) nameAfterFile(modules[`module${i}`].default, file)
}

function filesIn(folder: string, pattern: RegExp): string[] {
  const files = readdirSync(join(import.meta.dirname, folder), { recursive: true, encoding: 'utf8' })
  return files.filter(file => pattern.test(file)).map(file => join(folder, file))
}

/** For a plugin without a name, Fastify searches all modules that were ever required, each time that one is built. */
function nameAfterFile(plugin: unknown, file: string): void {
  if (typeof plugin === 'function') Object.assign(plugin, { [DISPLAY_NAME]: Reflect.get(plugin, DISPLAY_NAME) ?? file })
}

/** A folder named `_film_id` is the path parameter `:film_id`. */
function pathSegment(folder: string): string {
  if (!folder.startsWith('_')) return folder
  return folder === '_user_id' ? `:user_id(${USER_ID_PATTERN})` : `:${folder.slice(1)}`
}

/** Unique across processes, without a random number per request. */
function requestIds(): () => string {
  const prefix = randomBytes(6).toString('base64url')
  let count = 0
  return () => `${prefix}-${(++count).toString(36)}`
}

/** A number of hops, or a list of IP addresses and networks. */
function trustedProxies(setting: string): false | string | ((address: string, hop: number) => boolean) {
  if (setting === '') return false
  return /^\d$/.test(setting) ? (_address, hop) => hop < Number(setting) : setting
}
