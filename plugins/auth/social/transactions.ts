/** A login at a provider in an application: what we issue for it, and what comes back. */
import type { FastifyInstance } from 'fastify'
import { errors } from '#schemas/errors.ts'
import type { SocialLoginRequest, Transaction, TransactionRequest } from '#schemas/social.ts'
import { callbackOf, FLOW_TTL_SECONDS, type Flows, type Purpose } from './flows.ts'
import { requireFresh } from './fresh.ts'
import { authenticatePosted, type Posted } from './posted.ts'
import type { Protocol } from './types.ts'

export interface Transactions {
  /**
   * @param sid of the session that the login is for, unless it is to open one
   * @throws providerNotFound, providerUnavailable
   */
  start(provider: string, body: TransactionRequest, sid: string | undefined): Promise<Transaction>
  /**
   * @param sid of the session that the request belongs to: a transaction stays with its session
   * @throws requestInvalid, socialStateInvalid, providerNotFound, reauthenticationRequired; what the protocol throws
   */
  finish(provider: string, body: SocialLoginRequest, sid: string | undefined, purpose?: Purpose): Promise<Posted>
}

export function createTransactions(
  { config }: FastifyInstance,
  flows: Flows,
  protocolOf: (key: string) => Promise<Protocol>,
): Transactions {
  /** Our own callback's codes belong to the browser that started there. Other spellings of it are sent to the provider as the same URL. @throws socialStateInvalid */
  function requireForeign(provider: string, redirectUri: string | undefined): void {
    if (URL.parse(redirectUri ?? '')?.href === new URL(callbackOf(config, provider)).href)
      throw errors.socialStateInvalid()
  }

  return {
    async start(provider, { redirect_uri: redirectUri = '', reauthenticate }, sid) {
      const protocol = await protocolOf(provider)
      requireForeign(provider, redirectUri)
      const flow = flows.start({
        provider,
        purpose: reauthenticate ? 'reauthenticate' : purposeOf(sid),
        redirectUri,
        sid,
      })
      const { state, nonce } = flow
      return {
        transaction: flows.seal(flow, 'application'),
        state,
        nonce,
        authorize_url: redirectUri ? (await protocol.authorizeUrl(flow)).href : '',
        expires_in: FLOW_TTL_SECONDS,
      }
    },
    async finish(provider, body, sid, purpose = purposeOf(sid)) {
      const protocol = await protocolOf(provider)
      const flow = body.transaction === undefined ? undefined : flows.open(body.transaction, 'application', provider)
      if (body.transaction !== undefined && (flow?.sid !== sid || flow?.purpose !== purpose))
        throw errors.socialStateInvalid()
      requireForeign(provider, body.redirect_uri)
      const posted = await authenticatePosted(protocol, body, flow)
      if (purpose === 'reauthenticate') requireFresh(posted.authenticated, config.REAUTHENTICATION_SECONDS)
      return posted
    },
  }
}

const purposeOf = (sid: string | undefined): Purpose => (sid === undefined ? 'login' : 'link')
