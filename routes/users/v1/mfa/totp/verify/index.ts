import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { RecoveryCodes } from '#schemas/recovery-codes.ts'
import { ref } from '#schemas/ref.ts'
import { TotpVerifyRequest } from '#schemas/totp.ts'

const routes: FastifyPluginAsyncTypebox = async app => {
  app.post(
    '',
    {
      config: {
        beforeMfa: true,
        authLimit: true,
        errors: ['otpInvalid', 'notFound', 'userNotFound'],
      },
      schema: {
        operationId: 'enableTotp',
        tags: ['second factors'],
        summary: 'Enable TOTP',
        description:
          'Confirms that the authenticator app has the secret. From now on a login with a password requires a one-time ' +
          'password. Returns ten recovery codes, which replace any earlier ones. All other sessions of the user end, and a ' +
          'notice is sent by email.',
        body: ref(TotpVerifyRequest),
        response: { 200: ref(RecoveryCodes, 'TOTP is enabled.') },
      },
    },
    async (request, reply) => {
      const { user_id } = request.user
      const consume = await app.mfa.totp.verifyPending(request.user, request.body.otp)
      const recovery_codes = await app.secondFactors.change(request.user, request.client, 'totp-enabled', async tx => {
        await consume(tx)
        return app.mfa.recoveryCodes.renew(tx, user_id)
      })
      // A new cookie, which claims the second factor. A client with tokens gets that claim at the next rotation.
      if (request.byCookie) app.sessionCookie.set(reply, await app.sessions.renew(request.user), request.user)
      return { recovery_codes }
    },
  )
}

export default routes
