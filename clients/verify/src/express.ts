/** Middleware for Express, Connect and whatever else takes `(request, response, next)`. */
import type { IncomingMessage } from 'node:http'
import type { Claims, Demand, Verifier } from './types.ts'

declare global {
  // How Express' own types are extended.
  namespace Express {
    interface Request {
      /** Whoever sent the request, behind `requireToken`. */
      auth?: Claims
    }
  }
}

type Middleware = (request: IncomingMessage, response: unknown, next: (error?: unknown) => void) => void

/**
 * Lets requests pass that have a valid token, and sets `request.auth`; passes `Refused` to `next` for all others.
 * @param demand what the routes behind it ask for
 */
export function requireToken(verifier: Verifier, demand: Demand = {}): Middleware {
  return (request: IncomingMessage & { auth?: Claims }, _response, next) => {
    const { authorization } = request.headers
    verifier.verify(authorization, demand).then(
      claims => {
        request.auth = claims
        next()
      },
      error => next(error),
    )
  }
}
