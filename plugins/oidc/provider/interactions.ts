/** Interactions: the library's login, consent and account prompts, which users answer on our pages. */
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Provider } from 'oidc-provider'
import { errors } from '#schemas/errors.ts'
import type { AccessClaims } from '../../auth/tokens/claims.ts'
import { acrOf } from './acr.ts'
import type { Grants, Scopes } from './grants.ts'

type Details = Awaited<ReturnType<Provider['interactionDetails']>>

export interface PendingInteraction {
  kind: 'login' | 'consent' | 'select_account'
  uid: string
  /** Why the provider asks for a login: `max_age`, `login_prompt`, `acr` … */
  reasons: string[]
  client: { id: string; name: string; uri?: string; policy?: string; terms?: string }
  /** The redirect URI, which the page's `form-action` has to allow. */
  next: string
  /** The login lacks a second factor that the application asks for. */
  lacksSecondFactor(visitor: AccessClaims): boolean
  /** All requested scopes. */
  scopes: string[]
  /** When the interaction began (ms): an earlier login does not satisfy it. */
  since: number
  /** Another user than at its beginning is signed in now. */
  isOtherUser(visitor: AccessClaims): boolean
  /** The URL that repeats the authorization request. */
  restartUrl: string
}

export interface Interactions {
  /** @throws notFound if it has ended, or was another browser's */
  read(request: FastifyRequest, reply: FastifyReply): Promise<PendingInteraction>
  /** The name of the application whose interaction this is, in any browser; undefined once it has ended. */
  applicationOf(uid: string): Promise<string | undefined>
  /** This and the following return the URL to redirect the browser to. */
  signedIn(request: FastifyRequest, reply: FastifyReply, visitor: AccessClaims): Promise<string>
  chosen(request: FastifyRequest, reply: FastifyReply): Promise<string>
  allow(request: FastifyRequest, reply: FastifyReply, visitor: AccessClaims): Promise<string>
  /** The user denies the request. */
  refuse(request: FastifyRequest, reply: FastifyReply): Promise<string>
  /** The user does not switch to the account that the application asked for. */
  keepAccount(request: FastifyRequest, reply: FastifyReply): Promise<string>
}

export function createInteractions(provider: Provider, grants: Grants): Interactions {
  async function detailsOf({ raw }: FastifyRequest, reply: FastifyReply): Promise<Details> {
    return provider.interactionDetails(raw, reply.raw).catch(error => {
      throw error.name === 'SessionNotFound' ? errors.notFound() : error
    })
  }

  async function interactionOf({
    uid,
    prompt,
    params,
    session,
    exp,
    deviceCode,
  }: Details): Promise<PendingInteraction> {
    const client = await provider.Client.find(String(params.client_id))
    const { redirect_uri } = params
    // The library has compared the redirect URI with those registered when the interaction began.
    const isRedirectRemoved = !deviceCode && !client?.redirectUriAllowed(String(redirect_uri))
    if (!client || isRedirectRemoved) throw errors.notFound()
    const { clientId, clientName, clientUri, policyUri, tosUri } = client
    return {
      kind: prompt.name as PendingInteraction['kind'],
      uid,
      reasons: prompt.reasons,
      client: {
        id: clientId,
        name: clientName ?? clientId,
        ...(clientUri && { uri: clientUri }),
        ...(policyUri && { policy: policyUri }),
        ...(tosUri && { terms: tosUri }),
      },
      next: String(redirect_uri ?? ''),
      scopes: String(params.scope ?? '')
        .split(' ')
        .filter(Boolean),
      since: (exp - INTERACTION_TTL) * 1000,
      lacksSecondFactor: ({ amr }) => asksForSecondFactor(prompt) && acrOf(amr) !== 'aal2',
      isOtherUser: visitor => session !== undefined && session.accountId !== visitor.sub,
      restartUrl: deviceCode ? '/oauth2/device' : `/oauth2/authorize?${queryOf(params)}`,
    }
  }

  function deny({ raw }: FastifyRequest, reply: FastifyReply, error: string, error_description: string) {
    return provider.interactionResult(raw, reply.raw, { error, error_description }, { mergeWithLastSubmission: false })
  }

  return {
    read: async (request, reply) => interactionOf(await detailsOf(request, reply)),
    async applicationOf(uid) {
      const interaction = await provider.Interaction.find(uid)
      const client = interaction && (await provider.Client.find(String(interaction.params.client_id)))
      return client?.clientName
    },
    async signedIn({ raw }, reply, { sub, auth_time, amr }) {
      const login = { accountId: sub, ts: auth_time, amr, acr: acrOf(amr) }
      return provider.interactionResult(raw, reply.raw, { login })
    },
    // Not a login: that is a prompt of its own.
    chosen: ({ raw }, reply) => provider.interactionResult(raw, reply.raw, { select_account: {} }),
    async allow(request, reply, visitor) {
      const { params, prompt, grantId } = await detailsOf(request, reply)
      const context = { request, visitor }
      const consent = {
        grantId: await grants.allow(context, String(params.client_id), grantId, missingIn(prompt.details)),
      }
      return provider.interactionResult(request.raw, reply.raw, { consent })
    },
    async refuse(request, reply) {
      const { prompt } = await detailsOf(request, reply)
      return asksForSecondFactor(prompt)
        ? deny(request, reply, 'unmet_authentication_requirements', 'the user has not used a second factor')
        : deny(request, reply, 'access_denied', 'the user did not allow it')
    },
    keepAccount: (request, reply) => deny(request, reply, 'login_required', 'another user is signed in'),
  }
}

/** Seconds. */
export const INTERACTION_TTL = 3600

function asksForSecondFactor({ name, reasons }: Details['prompt']): boolean {
  return name === 'login' && reasons.includes('acr')
}

function missingIn(details: Record<string, unknown>): Scopes {
  const { missingOIDCScope = [], missingResourceScopes = {} } = details as {
    missingOIDCScope?: string[]
    missingResourceScopes?: Record<string, string[]>
  }
  return { openid: missingOIDCScope, resources: missingResourceScopes }
}

function queryOf(params: Record<string, unknown>): string {
  const { prompt = '', ...others } = params
  // Already answered by signing in as another user.
  const prompts = String(prompt)
    .split(' ')
    .filter(name => !['', 'login', 'select_account'].includes(name))
  const query = new URLSearchParams()
  // `resource` may be repeated. @see https://www.rfc-editor.org/rfc/rfc8707#section-2
  for (const [name, values] of Object.entries({ ...others, prompt: prompts.join(' ') }))
    for (const value of [values].flat()) if (typeof value === 'string' && value !== '') query.append(name, value)
  return query.toString()
}
