import type { FastifyReply, FastifyRequest } from 'fastify'
import { errors } from '#schemas/errors.ts'
import type { Flow } from '../../../../plugins/auth/social/flows.ts'

type Start = Pick<Flow, 'provider' | 'purpose' | 'redirectTo' | 'sid'>

/** Sends a browser to a provider. @throws redirectNotAllowed, providerNotFound, providerUnavailable */
export async function toProvider(request: FastifyRequest, reply: FastifyReply, start: Start, status: 302 | 303) {
  const { config, pages, social } = request.server
  if (start.redirectTo !== undefined && pages.redirectTarget(start.redirectTo) === undefined)
    throw errors.redirectNotAllowed()
  const protocol = await social.protocolOf(start.provider)
  const flow = social.flows.start({
    ...start,
    redirectUri: `${config.PUBLIC_URL}/social/v1/${start.provider}/callback`,
    fresh: start.purpose === 'reauthenticate',
  })
  const url = await protocol.authorizeUrl(flow)
  social.cookies.set(request, reply, flow)
  return reply.redirect(url.href, status)
}
