// app.login: the one gate to a session. Nothing else opens one.
import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import { normaliseEmail } from '../schemas/email.ts'
import { errors } from '../schemas/errors.ts'
import type { LiveSession } from './sessions.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /**
     * Opens a session for who knows the password.
     * @throws what `credentials.prove` throws; userAlreadyLoggedIn under LOGIN_POLICY=single
     */
    login(
      credentials: { email: string; password: string },
      request: FastifyRequest,
    ): Promise<LiveSession & { email: string }>
  }
}

/** Proof and session belong to one state of the account. A login beside this one may replace the hash in between: then both are done again. */
const ATTEMPTS = 3

export default fp(async app => void app.decorate('login', login(app)), {
  name: 'login',
  dependencies: ['credentials', 'device', 'passwords', 'sessions'],
})

function login({ credentials, device, passwords, sessions }: FastifyInstance): FastifyInstance['login'] {
  return async ({ email: typed, password }, request) => {
    const email = normaliseEmail(typed)
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const user = await credentials.prove(email, password, request)
      const outgrown = passwords.needsRehash(user.password_hash)
      const rehashed = outgrown ? await passwords.hash(password) : undefined
      const session = await sessions.open(user, device(request), rehashed)
      if (session) return { ...session, email }
    }
    throw errors.notFound()
  }
}
