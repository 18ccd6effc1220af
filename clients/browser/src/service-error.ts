import type { Schemas } from './types.ts'

/** An error response. Its message is the code, or the status if a proxy has answered instead of the service. */
export class ServiceError extends Error {
  override name = 'ServiceError'
  readonly status: number
  readonly code: Schemas['ErrorCode'] | undefined
  /** From `Retry-After`. */
  readonly retryAfterSeconds: number | undefined

  constructor({ status, headers }: Response, code: Schemas['ErrorCode'] | undefined) {
    super(code ?? String(status))
    this.status = status
    this.code = code
    const seconds = headers.get('retry-after')
    this.retryAfterSeconds = seconds === null ? undefined : Number(seconds)
  }
}

/** The code of an error response, which can be read afterwards. Of a response that is not the service's: undefined. */
export async function codeOf(response: Response): Promise<Schemas['ErrorCode'] | undefined> {
  const body: Partial<Schemas['ApiError']> | null = await response
    .clone()
    .json()
    .catch(() => null)
  return body?.message
}
