// app.stepUp, request.stepUp: sensitive changes require more than a token. A route declares it with `config.stepUp`, from which check and documentation follow.
import type { FastifyInstance, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import type { Kysely } from 'kysely'
import { errors } from '#schemas/errors.ts'
import { findSession } from '#sql/sessions.ts'
import type { Tables } from '#sql/tables.ts'
import type { AccessClaims } from '../tokens/claims.ts'
import { type Authenticate, createAuthenticate, type Proof, type StepUp } from './authenticate.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /**
     * A stolen token alone must not do this. `session`: the session's user has authenticated again within REAUTHENTICATION_SECONDS; a login does not count.
     * `request`: that, or the body has the password, and the second factor where there is one.
     */
    stepUp?: 'session' | 'request'
    /** Which requests need it, if not all. */
    stepUpWhen?(request: FastifyRequest): boolean
  }
  interface FastifyRequest {
    /** The authentication that `config.stepUp` requires: it belongs to the conditions of the change. */
    stepUp: StepUp | null
  }
  interface FastifyInstance {
    stepUp: {
      /** A logged-in user authenticates again. */
      authenticate: Authenticate
      /** What a request has to show for `config.stepUp`. @throws reauthenticationRequired, and what `authenticate` throws */
      verify(request: FastifyRequest): Promise<StepUp>
    }
  }
}

/** @see https://www.rfc-editor.org/rfc/rfc9470 */
export default fp(
  async app => {
    const authenticate = createAuthenticate(app)
    const bySession = sessionCheck(app)

    async function verify(request: FastifyRequest): Promise<StepUp> {
      const caller = request.user ?? app.access.identify(request)
      if (!caller) throw errors.authorisationRequired()
      const proof = request.routeOptions.config.stepUp === 'request' ? proofIn(request.body) : {}
      if (proof.password === undefined) return bySession(caller)
      // A password without the second factor is still verified: then the session has to show that.
      return authenticate(caller, proof, request.client).catch(error =>
        error.code === errors.reauthenticationRequired.code ? bySession(caller) : Promise.reject(error),
      )
    }

    app.decorateRequest('stepUp', null)
    app.decorate('stepUp', { authenticate, verify })
    app.addHook('onRoute', route => {
      const { stepUp, stepUpWhen, errorPage } = route.config ?? {}
      if (!stepUp) return
      const check = async (request: FastifyRequest) => {
        if (!stepUpWhen || stepUpWhen(request)) request.stepUp = await verify(request)
      }
      // Where the body has no part in it, it comes first: what is shown for an error of the body may itself need it.
      const hook = stepUp === 'session' && !stepUpWhen ? 'preValidation' : 'preHandler'
      if (errorPage && hook === 'preHandler')
        throw new Error(`${route.url}: its errorPage would be shown without stepUp`)
      route[hook] = [check, ...[route[hook] ?? []].flat()]
    })
  },
  { name: 'step-up', dependencies: ['access', 'config', 'credentials', 'db', 'mfa', 'passkeys'] },
)

/**
 * Only the access token that was issued for the reauthentication will do: one that was stolen earlier is dead by then, and the next rotation, which a
 * stolen refresh token could make, ends it.
 */
function sessionCheck({ config, db }: FastifyInstance): (caller: AccessClaims) => Promise<StepUp> {
  const maxAge = config.REAUTHENTICATION_SECONDS

  return async ({ sid, gen }) => {
    const confirm = async (db: Kysely<Tables>) => {
      const session = await findSession(db, sid)
      const fresh =
        session?.generation === gen &&
        session.reauthenticated_generation === gen &&
        (session.auth_time ?? 0) > session.now - maxAge * 1000
      if (!fresh) throw errors.reauthenticationRequired({ details: { max_age: maxAge } })
    }
    await confirm(db)
    return { amr: [], confirm }
  }
}

/** PUT /users/v1/password calls it `old_password`. */
function proofIn(body: unknown): Proof {
  const {
    old_password,
    password = old_password,
    otp,
    recovery_code,
  } = (body ?? {}) as Proof & { old_password?: string }
  return { password, otp, recovery_code }
}
