import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyRequest } from 'fastify'
import { errors } from '../../../../../schemas/errors.ts'
import { PasskeyRegistration, Passkeys, RegisteredPasskey } from '../../../../../schemas/passkeys.ts'
import { ref } from '../../../../../schemas/ref.ts'
import type { Attestation } from '../../../../../schemas/webauthn.ts'
import { addEvent } from '../../../../../sql/events.ts'
import { lockUser } from '../../../../../sql/one-time-tokens.ts'
import { addMail } from '../../../../../sql/outbox.ts'
import { insertPasskey, listPasskeys, useChallenge } from '../../../../../sql/passkeys.ts'
import { updateMfaEnabled } from '../../../../../sql/second-factors.ts'
import { findSession } from '../../../../../sql/sessions.ts'
import { transaction } from '../../../../../sql/transaction.ts'
import { findUser } from '../../../../../sql/users.ts'

const routes: FastifyPluginAsyncTypebox = async app => {
  app.get(
    '',
    {
      schema: {
        operationId: 'listPasskeys',
        tags: ['users'],
        summary: "The caller's passkeys, oldest first",
        response: { 200: ref(Passkeys, 'The passkeys') },
      },
    },
    async ({ user }) => ({ results: (await listPasskeys(app.db, user.user_id)).map(app.passkeys.shown) }),
  )

  app.post(
    '',
    {
      config: {
        rateLimit: app.limits.auth,
        errors: ['passkeyInvalid', 'userNotFound', 'tooManyPasskeys', 'crossSite'],
      },
      schema: {
        operationId: 'registerPasskey',
        tags: ['users'],
        summary: 'Registers the passkey that the browser made',
        description:
          'From now on it logs in by itself, and the password alone does not. The first second factor of an account brings ten recovery codes, shown this once. ' +
          'All other sessions end, and a notice is mailed.',
        body: ref(PasskeyRegistration),
        response: { 200: ref(RegisteredPasskey, 'The passkey, and perhaps recovery codes') },
      },
    },
    async request => {
      const { credential, name = null } = request.body
      const { passkey, recovery_codes, announce } = await register(request, credential, name)
      await Promise.all([announce(), app.users.forget(passkey.user_id)])
      app.mailer.wake()
      return { passkey: app.passkeys.shown(passkey), ...(recovery_codes && { recovery_codes }) }
    },
  )

  /** All of it is done, or nothing. */
  async function register(request: FastifyRequest, credential: Attestation, name: string | null) {
    const { user_id, sid: session_id } = request.user
    const device = app.device(request)
    const made = await app.passkeys.made(credential, request)
    return transaction(app.db, async tx => {
      await lockUser(tx, user_id)
      const user = await findUser(tx, user_id)
      if (!user) throw errors.userNotFound()
      // A change of the password beside this one may have locked out who asks.
      if ((await findSession(tx, session_id))?.revoked_at !== null) throw errors.tokenInvalid()
      if (!(await useChallenge(tx, made.challenge))) throw errors.passkeyInvalid()
      if ((await listPasskeys(tx, user_id)).length >= app.passkeys.max) throw errors.tooManyPasskeys()
      const passkey = await insertPasskey(tx, { ...made.passkey, name })
      if (!passkey) throw errors.passkeyInvalid()
      await updateMfaEnabled(tx, user_id)
      const recovery_codes = user.mfa_enabled ? undefined : await app.mfa.renewRecoveryCodes(tx, user_id)
      const announce = await app.sessions.endAll(tx, user_id, { device, except: session_id })
      await addEvent(tx, { kind: 'passkey-added', user_id, session_id, ...device })
      await addMail(tx, { template: 'passkey-added', user_id, recipient: user.email })
      return { passkey, recovery_codes, announce }
    })
  }
}

export default routes
