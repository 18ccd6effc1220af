import { createPrivateKey } from 'node:crypto'
import type { FastifyInstance } from 'fastify'
import type { JWTPayload } from 'jose'

/**
 * Signs what is sent to another service: as issued here and now, by the published key of an algorithm.
 * @throws if there is no key for it
 */
export async function signToken(
  { config, keys }: Pick<FastifyInstance, 'config' | 'keys'>,
  { alg, typ }: { alg: string; typ: string },
  claims: JWTPayload,
): Promise<string> {
  const key = (await keys.published()).find(key => key.alg === alg)
  if (!key) throw new Error(`no key for ${alg}`)
  // Loaded when there is something to sign.
  const { SignJWT } = await import('jose')
  return new SignJWT(claims)
    .setProtectedHeader({ alg, kid: key.kid, typ })
    .setIssuer(config.PUBLIC_URL)
    .setIssuedAt()
    .sign(createPrivateKey(key.private))
}
