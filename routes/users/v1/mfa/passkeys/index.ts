import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { errors } from '#schemas/errors.ts'
import { PasskeyRegistration, Passkeys, RegisteredPasskey } from '#schemas/passkeys.ts'
import { ref } from '#schemas/ref.ts'
import { insertPasskey, listPasskeys } from '#sql/passkeys.ts'
import { consumeChallenge } from '#sql/used-challenges.ts'

const routes: FastifyPluginAsyncTypebox = async app => {
  app.get(
    '',
    {
      schema: {
        operationId: 'listPasskeys',
        tags: ['second factors'],
        summary: 'List passkeys',
        description: "Returns the caller's passkeys, oldest first.",
        response: { 200: ref(Passkeys, 'The passkeys.') },
      },
    },
    async ({ user }) => ({ results: (await listPasskeys(app.db, user.user_id)).map(app.passkeys.serialize) }),
  )

  app.post(
    '',
    {
      config: {
        beforeMfa: true,
        authLimit: true,
        errors: ['passkeyInvalid', 'userNotFound', 'tooManyPasskeys'],
      },
      schema: {
        operationId: 'registerPasskey',
        tags: ['second factors'],
        summary: 'Register a passkey',
        description:
          'Registers the credential that `navigator.credentials.create` returned. From now on the passkey logs the user in ' +
          'by itself, and the password alone no longer does. If the passkey is the first second factor of the account, the ' +
          'response contains ten recovery codes. All other sessions of the user end, and a notice is sent by email.',
        body: ref(PasskeyRegistration),
        response: { 200: ref(RegisteredPasskey, 'The registered passkey.') },
      },
    },
    async (request, reply) => {
      const { credential, name = null } = request.body
      const made = await app.passkeys.verifyRegistration(credential, request.user)
      const registered = await app.secondFactors.change(
        request.user,
        request.client,
        'passkey-added',
        async (tx, user) => {
          if (!(await consumeChallenge(tx, made.challenge))) throw errors.passkeyInvalid()
          if ((await listPasskeys(tx, user.id)).length >= app.passkeys.max) throw errors.tooManyPasskeys()
          const passkey = await insertPasskey(tx, { ...made.passkey, name })
          if (!passkey) throw errors.passkeyInvalid()
          const recovery_codes = user.mfa_enabled ? undefined : await app.mfa.recoveryCodes.renew(tx, user.id)
          return { passkey: app.passkeys.serialize(passkey), ...(recovery_codes && { recovery_codes }) }
        },
      )
      // A new cookie, which claims the second factor. A client with tokens gets that claim at the next rotation.
      if (request.byCookie) app.sessionCookie.set(reply, await app.sessions.renew(request.user), request.user)
      return registered
    },
  )
}

export default routes
