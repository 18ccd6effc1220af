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
      const recovery_codes = await app.secondFactors.totp.enable(request.user, request.client, request.body.otp)
      await app.sessionCookie.renew(request, reply)
      return { recovery_codes }
    },
  )
}

export default routes
