/** A login at a provider in a browser: there by a redirect, and back to the callback. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { errors } from '#schemas/errors.ts'
import type { ProviderRedirect } from '#schemas/social.ts'
import type { Consume } from '../mfa/types.ts'
import { createFlowCookies } from './flow-cookies.ts'
import { callbackOf, type Flow, type Flows } from './flows.ts'
import { requireFresh } from './fresh.ts'
import type { Authenticated, Protocol } from './types.ts'
import { type Consumption, consumptionOf, useUp } from './used-once.ts'

type Start = Pick<Flow, 'provider' | 'purpose' | 'redirectTo' | 'transient' | 'done' | 'language' | 'sid'>

interface Finished {
  flow: Flow
  authenticated: Authenticated
  /** What it uses up, in the transaction of what it allows. */
  once: (Consumption | undefined)[]
  useUp: Consume
}

export interface BrowserFlow {
  /**
   * Binds a flow to the browser.
   * @returns where the provider asks who it is
   * @throws redirectNotAllowed, providerNotFound, providerUnavailable
   */
  begin(request: FastifyRequest, reply: FastifyReply, start: Start): Promise<URL>
  /**
   * Redirects to the provider; a script, which cannot follow that, gets the URL.
   * @throws redirectNotAllowed, providerNotFound, providerUnavailable
   */
  start(request: FastifyRequest, reply: FastifyReply, start: Start): Promise<ProviderRedirect>
  /** @throws socialStateInvalid for a flow that this browser did not start; reauthenticationRequired; what the protocol throws */
  finish(
    request: FastifyRequest,
    reply: FastifyReply,
    callback: { provider: string; state?: string },
  ): Promise<Finished>
}

export function createBrowserFlow(
  { config, pages }: FastifyInstance,
  flows: Flows,
  protocolOf: (key: string) => Promise<Protocol>,
): BrowserFlow {
  const cookies = createFlowCookies(flows, config.PUBLIC_URL)
  const isScript = (request: FastifyRequest) =>
    !pages.wanted(request) && request.headers.accept?.includes('application/json')

  async function begin(request: FastifyRequest, reply: FastifyReply, start: Start): Promise<URL> {
    if (start.redirectTo !== undefined && pages.redirectTarget(start.redirectTo) === undefined)
      throw errors.redirectNotAllowed()
    const protocol = await protocolOf(start.provider)
    const flow = flows.start({
      ...start,
      redirectUri: callbackOf(config, start.provider),
    })
    const url = await protocol.authorizeUrl(flow)
    cookies.set(request, reply, flow)
    return url
  }

  return {
    begin,
    async start(request, reply, start) {
      const url = await begin(request, reply, start)
      if (isScript(request)) return { authorize_url: url.href }
      return reply.redirect(url.href, request.method === 'GET' ? 302 : 303) as never
    },
    async finish(request, reply, { provider, state }) {
      const flow = cookies.take(request, reply, provider, state)
      if (!flow) throw errors.socialStateInvalid()
      request.providerFlow = flow
      // The provider's redirect has lost them, and the page of a failure keeps them.
      const { language: lang, redirectTo: redirect_to } = flow
      Object.assign(request.query ?? {}, lang && { lang }, redirect_to && { redirect_to })
      const protocol = await protocolOf(provider)
      const authenticated = await protocol.byCallback(callbackUrl(request, flow), flow)
      if (flow.fresh) requireFresh(authenticated, config.REAUTHENTICATION_SECONDS)
      const once = [consumptionOf('flow', flow.state, flow.expiresAt), authenticated.once]
      return { flow, authenticated, once, useUp: useUp(...once) }
    },
  }
}

/** As the provider was given it, with the query that it sent. */
function callbackUrl({ url }: FastifyRequest, { redirectUri }: Flow): URL {
  const callback = new URL(redirectUri)
  callback.search = url.includes('?') ? url.slice(url.indexOf('?')) : ''
  return callback
}
