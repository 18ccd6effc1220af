// app.login: the one gate to a session. Nothing else opens one.
import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import { normaliseEmail } from '../schemas/email.ts'
import { errors } from '../schemas/errors.ts'
import type { Assertion } from '../schemas/webauthn.ts'
import { addEvent } from '../sql/events.ts'
import { PasskeyCloned } from './passkeys/index.ts'
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
    /**
     * Opens a session for who holds a passkey: it is both factors.
     * @throws what `passkeys.prove` throws; userAlreadyLoggedIn under LOGIN_POLICY=single
     */
    loginByPasskey(assertion: Assertion, request: FastifyRequest): Promise<LiveSession & { email: string }>
  }
}

/** Proof and session belong to one state of the account. A login beside this one may replace the hash in between: then both are done again. */
const ATTEMPTS = 3

export default fp(
  async app => {
    app.decorate('login', login(app))
    app.decorate('loginByPasskey', loginByPasskey(app))
  },
  { name: 'login', dependencies: ['credentials', 'db', 'device', 'passkeys', 'passwords', 'sessions'] },
)

function login({ credentials, device, passwords, sessions }: FastifyInstance): FastifyInstance['login'] {
  return async ({ email: typed, password }, request) => {
    const email = normaliseEmail(typed)
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const user = await credentials.prove(email, password, request)
      const outgrown = passwords.needsRehash(user.password_hash)
      const rehashed = outgrown ? await passwords.hash(password) : undefined
      const session = await sessions.open(user, device(request), { rehashed })
      if (session) return { ...session, email }
    }
    throw errors.notFound()
  }
}

function loginByPasskey({ db, device, passkeys, sessions }: FastifyInstance): FastifyInstance['loginByPasskey'] {
  return async (assertion, request) => {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const proof = await passkeys.prove(assertion, request)
      const { id: user_id, email } = proof.user
      const session = await sessions
        .open(proof.user, device(request), { use: tx => passkeys.use(tx, proof) })
        .catch(async error => {
          if (!(error instanceof PasskeyCloned)) throw error
          await addEvent(db, { kind: 'passkey-cloned', user_id, session_id: null, ...device(request) })
          throw errors.passkeyRefused()
        })
      if (session) return { ...session, email }
    }
    throw errors.passkeyRefused()
  }
}
