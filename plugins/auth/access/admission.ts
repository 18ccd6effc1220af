import type { preValidationHookHandler, RouteOptions } from 'fastify'

const admit: preValidationHookHandler = (request, _reply, done) => {
  request.admitted = true
  done()
}

/**
 * A route's own page for an error may show what its guards protect, so all of them have to let the request pass first: a body that cannot be read is an
 * error before the late guards have run (`config.stepUp`, revocation).
 * @param route has no other hooks for `preValidation` than its own: those of guards go before them, and so before this one
 */
export function guardErrorPage(route: RouteOptions): void {
  const { config } = route
  const errorPage = config?.errorPage
  if (!errorPage) return
  config.errorPage = (code, request) => (request.admitted ? errorPage(code, request) : undefined)
  route.preValidation = [admit, ...[route.preValidation ?? []].flat()]
}
