/** Another service, which verifies tokens by clients/verify. */
import type { FastifyInstance } from 'fastify'
import { createVerifier } from '../../clients/verify/src/index.ts'
import type { Options, Verifier } from '../../clients/verify/src/types.ts'
import type { Test } from './app.ts'
import { trustedService } from './revocation-feed.ts'

/** What a service needs to know, once it is registered. */
export async function optionsFor(app: FastifyInstance): Promise<Options> {
  const { id, secret = '' } = await trustedService(app)
  return { issuer: app.config.PUBLIC_URL, clientId: id, clientSecret: secret, log: () => {} }
}

/** Ready, and closed when the test ends. */
export async function verifierFor(t: Test, app: FastifyInstance, more: Partial<Options> = {}): Promise<Verifier> {
  const verifier = createVerifier({ ...(await optionsFor(app)), ...more })
  t.teardown(() => verifier.close())
  await verifier.ready()
  return verifier
}

/** `accepted`, or status and code: `401 token-invalid`. */
export async function verdict(verifier: Verifier, token: string, ...demand: [object?]): Promise<string> {
  return verifier.verify(`Bearer ${token}`, ...demand).then(
    () => 'accepted',
    ({ statusCode, code, message }) => (statusCode ? `${statusCode} ${code}` : message),
  )
}
