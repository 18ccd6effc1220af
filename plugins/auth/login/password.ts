import type { FastifyInstance } from 'fastify'
import { errors, LOGIN_ERRORS } from '#schemas/errors.ts'
import { LoginRequest } from '#schemas/login.ts'
import type { Gate } from './gate.ts'
import { loginWay } from './way.ts'

/** The account may change between the verification and the session: then both are done again. */
const ATTEMPTS = 3

export function byPassword({ credentials, passwords }: FastifyInstance, gate: Gate) {
  return loginWay({
    path: '',
    body: LoginRequest,
    errors: LOGIN_ERRORS,
    withPassword: true,
    oneFactor: true,
    tokens: {
      operationId: 'login',
      summary: 'Opens a session and answers its tokens, or asks for the second factor',
      description:
        'An unknown e-mail and a wrong password are the same `not-found`. Who has a second factor is answered an `mfa_token` and no tokens.',
    },
    cookie: {
      operationId: 'openBrowserSession',
      summary: 'Logs a browser in: the session is in a cookie',
      description:
        'Takes JSON or a form. Routes for users accept the cookie instead of a token; requests that change something must then come from a page of the same origin.',
    },
    async run({ email, password }, client) {
      for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
        const user = await credentials.authenticate(email, password, client)
        const rehashed = passwords.needsRehash(user.password_hash) ? await passwords.hash(password) : undefined
        const outcome = await gate.afterOneFactor(user, client, rehashed)
        if (outcome) return outcome
      }
      throw errors.notFound()
    },
  })
}
