import type { FastifyInstance, FastifyRequest, onRequestHookHandler } from 'fastify'
import { errors } from '#schemas/errors.ts'
import { bearer } from './bearer.ts'
import type { Access } from './kinds.ts'

/** What runs before a route, by its access. */
export function createGuards(
  { limits, tokens }: FastifyInstance,
  authenticate: onRequestHookHandler,
): Record<Access, onRequestHookHandler[]> {
  const countClient: onRequestHookHandler = (request, _reply, done) => {
    limits.count(request.client.limitKey)
    done()
  }

  const authenticateRefresh: onRequestHookHandler = (request, _reply, done) => {
    request.refresh = tokens.refresh.verify(bearer(request.headers.authorization))
    done()
  }

  return {
    public: [countClient],
    user: [authenticate],
    owner: [authenticate, requireOwner],
    admin: [authenticate, requireAdmin],
    application: [authenticate, requireApplication],
    refresh: [countClient, authenticateRefresh],
  }
}

const requireAdmin: onRequestHookHandler = (request, _reply, done) => {
  done(isAdmin(request) ? undefined : errors.forbidden())
}

/** Whoever authenticated as a user, by themselves or by an application, is none. */
const requireApplication: onRequestHookHandler = (request, _reply, done) => {
  done(request.bearer?.user_id === undefined ? undefined : errors.forbidden())
}

/** Broken object-level authorization (OWASP API1): enforced here once, and not by each handler. */
const requireOwner: onRequestHookHandler = (request, _reply, done) => {
  const { user_id } = request.params as { user_id: string }
  done(user_id === String(request.user.user_id) || isAdmin(request) ? undefined : errors.forbidden())
}

function isAdmin({ user }: FastifyRequest): boolean {
  return user.access_role === 'admin'
}
