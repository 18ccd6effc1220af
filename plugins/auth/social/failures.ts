/** What the protocol's library throws, as errors of the catalog. Its own errors hold codes and tokens, which must not reach the log. */
import { type CatalogError, errors } from '#schemas/errors.ts'

interface ProtocolError extends Error {
  code?: string
  /** The provider's error code. */
  error?: unknown
  statusCode?: number
}

/** An error of the provider, by its name in RFC 6749 or of its own. */
const ERROR_NAME = /^[\w.-]{1,64}$/

/** @throws providerRejected, providerResponseInvalid, providerUnavailable */
export async function asCatalogErrors<Result>(work: () => Promise<Result>): Promise<Result> {
  try {
    return await work()
  } catch (error) {
    throw toCatalogError(error)
  }
}

function toCatalogError(error: unknown): CatalogError {
  const chain = causesOf(error)
  const own = chain.find(each => each.statusCode !== undefined && each.message === each.code)
  if (own) return own as CatalogError
  const cause = new Error(chain.map(({ message }) => message).join(': '))
  const rejection = chain.find(each => typeof each.error === 'string')
  if (rejection) return rejected(String(rejection.error), cause)
  return errors.providerResponseInvalid({ cause })
}

/** @param name the provider's error code */
function rejected(name: string, cause: Error): CatalogError {
  return errors.providerRejected({
    details: { error: ERROR_NAME.test(name) ? name : 'unknown' },
    cause,
  })
}

function causesOf(error: unknown): ProtocolError[] {
  const causes: ProtocolError[] = []
  for (let each = error; each instanceof Error && causes.length < 5; each = each.cause) causes.push(each)
  return causes
}
