import type { FastifyInstance } from 'fastify'
import { errors, LOGIN_ERRORS } from '#schemas/errors.ts'
import { LoginRequest } from '#schemas/login.ts'
import { PASSWORD_AMR } from '../sessions/amr.ts'
import type { Factors } from './gate.ts'
import { loginWay } from './way.ts'

/** The account may change between the verification and the session: then both are done again. */
const ATTEMPTS = 3

export function byPassword({ config, credentials, passwords }: FastifyInstance, gate: Factors) {
  const adviceOn = (password: string) =>
    config.ADVISE_PASSWORD_CHANGE && !passwords.followsRule(password) ? { password_change_advised: true as const } : {}

  return loginWay({
    path: '',
    body: LoginRequest,
    errors: LOGIN_ERRORS,
    withPassword: true,
    oneFactor: true,
    tokens: {
      operationId: 'login',
      summary: 'Log in',
      description:
        'Opens a session and returns its tokens. If the account has a second factor, returns an `mfa_token` instead, with ' +
        'which the login is completed. An unknown email address and a wrong password both return `not-found`.',
    },
    cookie: {
      operationId: 'openBrowserSession',
      summary: 'Log in a browser',
      description:
        'Opens a session and sets the session cookie, which protected operations accept in place of an access token. ' +
        'Accepts JSON or a form. If the account has a second factor, returns an `mfa_token` instead. Requests that change ' +
        'something must come from a page of the same origin.',
    },
    async run({ email, password }, client) {
      for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
        const user = await credentials.authenticate(email, password, client)
        const rehashed = passwords.needsRehash(user.password_hash) ? await passwords.hash(password) : undefined
        const outcome = await gate.afterOneFactor(user, client, PASSWORD_AMR, { rehashed })
        if (outcome) return { ...outcome, ...adviceOn(password) }
      }
      throw errors.notFound()
    },
  })
}
