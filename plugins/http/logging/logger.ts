import cluster from 'node:cluster'
import type { FastifyBaseLogger } from 'fastify'
import { type Bindings, type ChildLoggerOptions, type DestinationStream, type Logger, pino } from 'pino'
import type { Config } from '../../config/index.ts'
import { standardOutput } from './output.ts'

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
  // The QR code, and what it says.
  'qr_code',
  'uri',
  // One that was refused for another reason could still be sent again.
  'signature',
]

/**
 * Makes the service's logger: JSON lines on standard output, secrets blotted out wherever they may be one or two levels deep.
 * Writing never blocks the service and a full disk never stops it: what cannot be written is lost and counted.
 * @param stream where the lines go instead of standard output
 */
export function createLogger(config: Config, stream?: DestinationStream): { logger: Logger; lostLines: () => number } {
  const options = {
    level: config.LOG_LEVEL,
    base: { pid: process.pid, ...(cluster.worker && { worker: cluster.worker.id }) },
    serializers: { err: withoutStatement },
    redact: { paths: SECRETS.flatMap(name => [name, `*.${name}`, `*.*.${name}`]), censor: '[redacted]' },
  }
  if (stream) return { logger: pino(options, stream), lostLines: () => 0 }
  const output = standardOutput()
  return { logger: pino(options, output), lostLines: output.lost }
}

/** A driver's error carries the statement with its values, password hashes among them: of an error only this much is written. */
function withoutStatement(error: Error & { code?: unknown; errno?: unknown }) {
  const { name: type, message, code, errno, stack } = error
  return { type, message, code, errno, stack }
}

type Level = 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace' | 'silent'
type Line = Parameters<FastifyBaseLogger['info']>

/** A request's logger, which becomes a child of the service's with the request's id only when something is written: most requests write nothing. */
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
