import type { FastifyRequest } from 'fastify'
import { isOfApplication } from '../access/access-token.ts'

/**
 * Headers that say whose a request is. What an application may do is in its scopes: the role is its user's, and a service that looks at nothing else
 * would let it do whatever that user may. What does not apply is there and empty, since a gateway would leave a client's header in the place of a
 * missing one, as some versions of Caddy do, or write something else.
 */
export function callerIn({ bearer, user }: FastifyRequest): Record<string, string> {
  const caller = bearer ?? user
  const { sid, scope, user_id, client_id } = caller
  const ofApplication = isOfApplication(caller)
  return {
    'x-auth-user': String(user_id ?? ''),
    'x-auth-role': ofApplication ? '' : user.access_role,
    'x-auth-session': sid,
    'x-auth-client': ofApplication ? String(client_id) : '',
    'x-auth-scope': scope ?? '',
  }
}
