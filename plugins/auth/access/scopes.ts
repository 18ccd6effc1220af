import type { FastifyRequest } from 'fastify'
import { errors } from '#schemas/errors.ts'
import type { Bearer } from './access-token.ts'

/** What a gateway requires of an application's token. */
export interface Demand {
  scopes: string[]
  /** The required `aud`, if it is not this service. */
  resource?: string | undefined
}

/**
 * Applications may call only routes that name scopes in `config.scopes`, or services whose gateway requires scopes, and need all of these.
 * @throws insufficientScope
 */
export function requireScopes(request: FastifyRequest, { scope = '', user_id }: Bearer): void {
  const { config } = request.routeOptions
  const { scopes = [] } = request.demand ?? config
  const isOpenToItself = config.withoutUser || config.access === 'application'
  if (scopes.length === 0 || (user_id === undefined && !isOpenToItself)) throw errors.insufficientScope()
  const granted = scope.split(' ')
  if (!scopes.every(name => granted.includes(name)))
    throw errors.insufficientScope({ details: { scope: scopes.join(' ') } })
}
