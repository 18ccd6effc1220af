// app.healthCards: SMART Health Cards, which anybody verifies offline, and the keys and revocations of their issuer.
import { createPublicKey } from 'node:crypto'
import type { Static } from '@sinclair/typebox'
import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import { errors } from '#schemas/errors.ts'
import type { IssuerJwks } from '#schemas/vaccination-certificates.ts'
import { sendCached } from '../../http/cached-responses/send.ts'
import { p256 } from '../../keys/derived-keys.ts'
import { tokenKey } from '../../keys/token-keys.ts'
import { type Credential, claimsOf, type Immunization } from './credential.ts'
import { pack } from './pack.ts'
import { numeric, QR_JWS_MAX_LENGTH } from './qr.ts'
import { revocations } from './revocations.ts'
import { type CardKey, signed, signedLength } from './sign.ts'

declare module 'fastify' {
  interface FastifyInstance {
    healthCards: {
      /** The URL below which verifiers find keys and revocations. */
      readonly issuer: string
      /** One card, or as many as the immunizations need: each fits into a QR code. */
      issue<Given extends Immunization>(contents: Contents<Given>): Card<Given>[]
      jwks(): Promise<Static<typeof IssuerJwks>>
      /** Sends the list of revoked cards, or 304 to a client that has it already. @throws notFound for a key that SECRET does not have */
      sendRevocations(
        request: Pick<FastifyRequest, 'headers'>,
        reply: Pick<FastifyReply, 'header' | 'code' | 'send'>,
        kid: string,
      ): Promise<void>
      /** Call it after cards were revoked: this process shows that at once. */
      expireRevocations(): void
    }
  }
}

interface Contents<Given> extends Pick<Credential, 'issued' | 'rid' | 'person'> {
  immunizations: readonly Given[]
}

export interface Card<Given = Immunization> {
  jws: string
  /** The text of the QR code; null for a card of one immunization that is too long for it even without centre and lot: a name may be very long. */
  qr: string | null
  immunizations: Given[]
}

export default fp(
  async app => {
    app.decorate('healthCards', healthCards(app))
    app.userChanges.onDelete(app.healthCards.expireRevocations)
  },
  { name: 'health-cards', dependencies: ['config', 'db', 'keys', 'user-changes'] },
)

function healthCards({ config, db, keys }: FastifyInstance): FastifyInstance['healthCards'] {
  const issuer = `${config.PUBLIC_URL}/vaccinations/v1/issuer`
  let derived: CardKey[] | undefined
  const allKeys = () => (derived ??= keys.derive('health card').map(p256).map(cardKey))
  const revoked = revocations({ db }, () => allKeys().map(({ kid }) => kid))

  function issue<Given extends Immunization>({ immunizations, ...contents }: Contents<Given>): Card<Given>[] {
    const [key] = allKeys()
    if (!key) throw new Error('no key to sign with')
    const claims = (given: Given[], brief = false) => claimsOf({ ...contents, issuer, immunizations: given, brief })
    const fits = (given: Given[], brief = false) => signedLength(claims(given, brief), key) <= QR_JWS_MAX_LENGTH
    return pack(immunizations, fits).map(given => {
      const jws = signed(claims(given, !fits(given)), key)
      return { jws, qr: jws.length <= QR_JWS_MAX_LENGTH ? numeric(jws) : null, immunizations: given }
    })
  }

  return {
    issuer,
    issue,
    async jwks() {
      const { version: crlVersion } = await revoked()
      return { keys: allKeys().map(key => ({ ...jwkOf(key), crlVersion })) }
    },
    async sendRevocations(request, reply, kid) {
      const list = (await revoked()).lists.get(kid)
      if (!list) throw errors.notFound()
      sendCached(request, reply, list)
    },
    expireRevocations: revoked.expire,
  }
}

function cardKey(key: CardKey['private']): CardKey {
  return { kid: tokenKey(key).kid, private: key }
}

/** @see https://www.rfc-editor.org/rfc/rfc7517 */
function jwkOf({ kid, private: key }: CardKey) {
  const { x = '', y = '' } = createPublicKey(key).export({ format: 'jwk' })
  return { kty: 'EC', kid, use: 'sig', alg: 'ES256', crv: 'P-256', x, y } as const
}
