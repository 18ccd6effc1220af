import createError, { type FastifyError } from '@fastify/error'

interface ErrorOptions {
  /** What caused the error, for the `details` of the response. */
  details?: Record<string, unknown>
  /** What an error for OAuth clients has besides, beside its `error`. */
  members?: Record<string, unknown>
  /** Seconds, for `Retry-After`. */
  retryAfter?: number
  /** For the log, never for the client. */
  cause?: unknown
}

export interface CatalogError extends FastifyError {
  details?: Record<string, unknown>
  members?: Record<string, unknown>
  retryAfter?: number
}

interface Entry<Code extends string> {
  /** The stable code: the `message` of the response. */
  code: Code
  statusCode: number
  /** For the documentation: what happened, in one sentence. */
  meaning: string
  /** For the documentation: what the client does about it, in one sentence. */
  advice: string
}

/** Creates an error of the catalog: `throw errors.notFound()`. */
export type Thrower<Code extends string = string> = ((options?: ErrorOptions) => CatalogError) & Entry<Code>

export function entry<const Code extends string>(
  code: Code,
  statusCode: number,
  meaning: string,
  advice: string,
): Thrower<Code> {
  const CodedError = createError(code, code, statusCode)
  const create = ({ cause, ...rest }: ErrorOptions = {}): CatalogError =>
    Object.assign(new CodedError(), { code }, rest, cause === undefined ? {} : { cause })
  return Object.assign(create, { code, statusCode, meaning, advice })
}
