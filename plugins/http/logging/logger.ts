import cluster from 'node:cluster'
import type { FastifyBaseLogger } from 'fastify'
import { type Bindings, type ChildLoggerOptions, type DestinationStream, type Logger, pino } from 'pino'
import type { Config } from '../../config/index.ts'
import { createErrorLines, type ErrorLines } from './error-lines.ts'
import { standardOutput } from './output.ts'

/** Properties that are redacted. */
const SECRETS = [
  'password',
  'old_password',
  'new_password',
  'token',
  'refresh_token',
  'old_access_token',
  'authorization',
  'cookie',
  'secret',
  'mfa_token',
  'otp',
  'recovery_code',
  'recovery_codes',
  // The TOTP secret as a QR code, and as its URI.
  'qr_code',
  'uri',
  // A passkey's signature that was rejected for another reason could be replayed.
  'signature',
]

interface ServiceLogger {
  logger: Logger
  /** Lines lost so far. */
  lostLines: () => number
  /** Absent unless errors are tracked. */
  errorLines: ErrorLines | undefined
}

/**
 * Creates the service's logger: JSON lines on standard output, with secrets redacted up to two levels deep.
 * Writing never blocks the service, and a full disk never stops it: lines that cannot be written are dropped and counted.
 * @param stream receives the lines instead of standard output
 */
export function createLogger(config: Config, stream?: DestinationStream): ServiceLogger {
  const errorLines = config.ERROR_TRACKING_DSN === undefined ? undefined : createErrorLines()
  const options = {
    level: config.LOG_LEVEL,
    ...(config.LOG_LEVEL_FORMAT === 'name' && { formatters: { level: (level: string) => ({ level }) } }),
    base: { pid: process.pid, ...(cluster.worker && { worker: cluster.worker.id }) },
    serializers: { err: withoutStatement },
    ...(errorLines && { hooks: errorLines.hooks }),
    redact: { paths: SECRETS.flatMap(name => [name, `*.${name}`, `*.*.${name}`]), censor: '[redacted]' },
  }
  if (stream) return { logger: pino(options, stream), lostLines: () => 0, errorLines }
  const output = standardOutput()
  return { logger: pino(options, output), lostLines: output.lost, errorLines }
}

/** Drivers' errors carry the statement with its values, password hashes among them: only these properties of an error are logged. */
function withoutStatement(error: Error & { code?: unknown; errno?: unknown }) {
  const { name: type, message, code, errno, stack } = error
  return { type, message, code, errno, stack }
}

type Level = 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace' | 'silent'
type Line = Parameters<FastifyBaseLogger['info']>

/** A request's logger. It creates the child logger with the request's id on the first line: most requests write none. */
export class RequestLogger implements FastifyBaseLogger {
  readonly #parent: FastifyBaseLogger
  readonly #bindings: Bindings
  #child: FastifyBaseLogger | undefined

  constructor(parent: FastifyBaseLogger, bindings: Bindings) {
    this.#parent = parent
    this.#bindings = bindings
  }

  #write(level: Level, line: unknown[]): void {
    this.#child ??= this.#parent.child(this.#bindings)
    this.#child[level](...(line as Line))
  }

  get level() {
    return this.#parent.level
  }

  child(bindings: Bindings, options?: ChildLoggerOptions): FastifyBaseLogger {
    return this.#parent.child({ ...this.#bindings, ...bindings }, options)
  }

  fatal(...line: unknown[]) {
    this.#write('fatal', line)
  }
  error(...line: unknown[]) {
    this.#write('error', line)
  }
  warn(...line: unknown[]) {
    this.#write('warn', line)
  }
  info(...line: unknown[]) {
    this.#write('info', line)
  }
  debug(...line: unknown[]) {
    this.#write('debug', line)
  }
  trace(...line: unknown[]) {
    this.#write('trace', line)
  }
  silent(...line: unknown[]) {
    this.#write('silent', line)
  }
}
