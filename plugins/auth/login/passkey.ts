import type { FastifyInstance } from 'fastify'
import { errors } from '#schemas/errors.ts'
import { PasskeyLoginRequest } from '#schemas/login.ts'
import { addAuditEvent } from '#sql/audit-events.ts'
import { type Client, originOf } from '../../http/client.ts'
import { PasskeyCloned, type VerifiedLogin } from '../passkeys/types.ts'
import { passkeyAmr } from '../sessions/amr.ts'
import type { Gate } from './gate.ts'
import { loginWay } from './way.ts'

/** The account may change between the verification and the session: then both are done again. */
const ATTEMPTS = 3

/** A passkey is both factors. */
export function byPasskey({ db, passkeys }: FastifyInstance, gate: Gate) {
  async function open(verified: VerifiedLogin, client: Client) {
    const { user, passkey } = verified
    try {
      return await gate.afterBothFactors(user, client, passkeyAmr(passkey), tx => passkeys.consume(tx, verified))
    } catch (error) {
      if (!(error instanceof PasskeyCloned)) throw error
      await addAuditEvent(db, { kind: 'passkey-cloned', user_id: user.id, session_id: null, ...originOf(client) })
      throw errors.passkeyRefused()
    }
  }

  return loginWay({
    path: '/passkey',
    body: PasskeyLoginRequest,
    errors: ['passkeyRefused', 'accountDisabled', 'emailUnverified', 'userAlreadyLoggedIn'],
    tokens: {
      operationId: 'loginByPasskey',
      summary: 'Log in with a passkey',
      description:
        'Opens a session with a passkey alone. The authenticator has verified the user, so a passkey counts as both ' +
        'factors. An invalid passkey always returns `passkey-invalid`, whatever is wrong with it.',
    },
    cookie: {
      operationId: 'openBrowserSessionByPasskey',
      summary: 'Log in a browser with a passkey',
      description:
        'Opens a session with a passkey alone, and sets the session cookie. Get the options from `POST ' +
        '/users/v1/login/passkey/options`.',
    },
    async run({ credential }, client) {
      for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
        const session = await open(await passkeys.authenticate(credential, client), client)
        if (session) return session
      }
      throw errors.passkeyRefused()
    },
  })
}
