/** What applications post: a code, an ID token or an access token, with a transaction of ours or with their own nonce and verifier. */
import { errors } from '#schemas/errors.ts'
import type { SocialLoginRequest } from '#schemas/social.ts'
import type { Consume } from '../mfa/types.ts'
import type { Flow } from './flows.ts'
import type { Authenticated, Protocol } from './types.ts'
import { consumptionOf, useUp } from './used-once.ts'

export interface Posted {
  authenticated: Authenticated
  /** Uses up the transaction, and an ID token. */
  useUp: Consume
}

/** @throws requestInvalid, socialStateInvalid, providerNotFound; what the protocol throws */
export async function authenticatePosted(
  protocol: Protocol,
  body: SocialLoginRequest,
  flow: Flow | undefined,
): Promise<Posted> {
  const authenticated = await authenticate(protocol, body, flow)
  return {
    authenticated,
    useUp: useUp(flow && consumptionOf('flow', flow.state, flow.expiresAt), authenticated.once),
  }
}

function authenticate(protocol: Protocol, body: SocialLoginRequest, flow: Flow | undefined): Promise<Authenticated> {
  const { code, id_token, access_token, redirect_uri } = body
  if ([code, id_token, access_token].filter(each => each !== undefined).length !== 1)
    throw problem('code', 'exactly one of code, id_token and access_token is required')
  const nonce = flow?.nonce ?? body.nonce
  if (code !== undefined) {
    const redirectUri = redirect_uri ?? flow?.redirectUri
    if (!redirectUri) throw problem('redirect_uri', 'required with code')
    // A code that was obtained for another page is not this transaction's.
    if (flow?.redirectUri && flow.redirectUri !== redirectUri) throw errors.socialStateInvalid()
    return protocol.byCode({
      code,
      redirectUri,
      verifier: flow?.verifier ?? body.code_verifier,
      nonce,
      fresh: flow?.fresh,
    })
  }
  if (id_token !== undefined) {
    if (!protocol.byIdToken) throw errors.providerNotFound()
    if (nonce === undefined) throw problem('nonce', 'required with id_token')
    return protocol.byIdToken(id_token, nonce, flow?.fresh)
  }
  if (!protocol.byAccessToken) throw errors.providerNotFound()
  return protocol.byAccessToken(access_token ?? '')
}

function problem(field: string, text: string) {
  return errors.requestInvalid({ details: { in: 'body', field, problem: text } })
}
