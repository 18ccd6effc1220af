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
        summary: 'Proves that the app has the secret: from now on logins ask for its one-time passwords',
        description:
          'Answers ten recovery codes, shown this once; those before are void. All other sessions end, and a notice is mailed.',
        body: ref(TotpVerifyRequest),
        response: { 200: ref(RecoveryCodes, 'It is on') },
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
      if (request.byCookie) app.sessionCookie.set(reply, await app.sessions.renew(request.user))
      return { recovery_codes }
    },
  )
}

export default routes
