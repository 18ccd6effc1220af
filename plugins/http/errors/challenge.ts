/** What a 401 says of how to get in. */
import { type CatalogError, errors } from '#schemas/errors.ts'

/** By which applications prove that a token is bound to a key of theirs. */
export const PROOF_ALGORITHMS = ['ES256', 'Ed25519', 'EdDSA']

/** What applications may open: how they get a token for it. @see https://www.rfc-editor.org/rfc/rfc9728#section-5.1 */
interface OpenToApplications {
  scopes: string[]
  /** The URL of the metadata of the protected resource. */
  metadata: string
  /** Whether the token was sent with the proof of a key (`Authorization: DPoP …`). */
  byProof: boolean
}

/**
 * The `WWW-Authenticate` of a 401, and of a 403 that a reauthentication or another consent cures.
 * @see https://www.rfc-editor.org/rfc/rfc6750#section-3
 * @see https://www.rfc-editor.org/rfc/rfc9449#section-7.1
 * @see https://www.rfc-editor.org/rfc/rfc9470#section-3
 */
export function challenge(error: CatalogError, open?: OpenToApplications): string | undefined {
  const { statusCode, code, details } = error
  if (code === errors.reauthenticationRequired.code)
    return scheme('Bearer', {
      error: 'insufficient_user_authentication',
      error_description: code,
      max_age: details?.max_age,
    })
  const resource = { resource_metadata: open?.metadata }
  if (code === errors.insufficientScope.code)
    return scheme('Bearer', { error: 'insufficient_scope', scope: details?.scope, ...resource })
  if (statusCode !== 401) return undefined
  const failure = code === errors.authorisationRequired.code ? {} : { error: 'invalid_token', error_description: code }
  if (!open) return scheme('Bearer', failure)
  const source = { ...resource, scope: open.scopes.join(' ') }
  const algs = PROOF_ALGORITHMS.join(' ')
  if (open.byProof) return scheme('DPoP', { ...failure, ...source, algs })
  return `${scheme('Bearer', { ...failure, ...source })}, ${scheme('DPoP', { algs })}`
}

function scheme(name: string, parameters: Record<string, unknown>): string {
  const texts = Object.entries(parameters).flatMap(([name, value]) => (value === undefined ? [] : `${name}="${value}"`))
  return [name, texts.join(', ')].filter(Boolean).join(' ')
}
