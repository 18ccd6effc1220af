/** Links the raw request, which is all that the library sees, to Fastify's request and reply and to the user who is signed in. */
import type { IncomingMessage } from 'node:http'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { AccessClaims } from '../../auth/tokens/claims.ts'

export interface UserContext {
  request: FastifyRequest
  visitor: AccessClaims | undefined
}

interface RequestContext extends UserContext {
  reply: FastifyReply
}

const CONTEXT = Symbol('request context')

/** A property of the request rather than a WeakMap: one entry for each request would be work for the garbage collector. */
type RawRequest = IncomingMessage & { [CONTEXT]?: RequestContext }

export function setRequestContext(context: RequestContext): void {
  const raw: RawRequest = context.request.raw
  raw[CONTEXT] = context
}

/** @throws if the request did not come through one of our routes */
export function requestContextOf({ req }: { req: RawRequest }): RequestContext {
  const { [CONTEXT]: context } = req
  if (!context) throw new Error('the request did not come through a route of the service')
  return context
}
