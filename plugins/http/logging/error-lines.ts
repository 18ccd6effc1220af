import type { Logger, LoggerOptions } from 'pino'

/** A line of level `error` or above that is about an error. */
export interface ErrorLine {
  error: unknown
  /** The line's own words. */
  message: string
  level: 'error' | 'fatal'
  /** The rest of the line, and what its logger adds: of this, take what is known to be harmless. */
  context: Record<string, unknown>
}

export interface ErrorLines {
  hooks: NonNullable<LoggerOptions['hooks']>
  /** @param listener is called after the line was written */
  listen(listener: (line: ErrorLine) => void): void
}

const [ERROR, FATAL] = [50, 60]

/** Lets one listener see what is logged as an error, whoever logs it: so nothing can be logged and not reported. */
export function createErrorLines(): ErrorLines {
  let listener: ((line: ErrorLine) => void) | undefined
  return {
    hooks: {
      logMethod(this: Logger, line, method, level) {
        method.apply(this, line)
        const [details, message] = line as unknown[]
        if (level < ERROR || !isDetails(details)) return
        listener?.({
          error: details.err,
          message: String(message ?? ''),
          level: level >= FATAL ? 'fatal' : 'error',
          context: { ...this.bindings(), ...details },
        })
      },
    },
    listen(added) {
      listener = added
    },
  }
}

function isDetails(value: unknown): value is Record<string, unknown> & { err: unknown } {
  return typeof value === 'object' && value !== null && 'err' in value
}
