import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Ok } from '#schemas/common.ts'
import { ref } from '#schemas/ref.ts'
import { TotpDisableRequest, TotpSetup, TotpSetupRequest } from '#schemas/totp.ts'

const routes: FastifyPluginAsyncTypebox = async app => {
  app.openapi.tag({
    name: 'second factors',
    description: 'Manage one-time passwords, passkeys and recovery codes.',
    order: 3,
  })

  app.post(
    '',
    {
      config: {
        beforeMfa: true,
        authLimit: true,
        stepUp: 'request',
        optionalBody: true,
      },
      schema: {
        operationId: 'startTotp',
        tags: ['second factors'],
        summary: 'Set up TOTP',
        description:
          'Generates a secret for an authenticator app. TOTP is not enabled until the secret is confirmed with `POST ' +
          '/users/v1/mfa/totp/verify` in the same session, within 15 minutes. A secret that is already enabled keeps ' +
          'working until then. The secret is returned only this once.',
        body: ref(TotpSetupRequest),
        response: { 200: ref(TotpSetup, 'The secret, its URI and its QR code.') },
      },
    },
    async ({ user, client, stepUp }) => {
      const { secret, uri } = await app.secondFactors.totp.start(user, client, stepUp)
      const picture = await app.mfa.totp.qrCode(uri)
      return { secret, uri, qr_code: `data:image/png;base64,${picture.toString('base64')}` }
    },
  )

  app.delete(
    '',
    {
      config: {
        authLimit: true,
        stepUp: 'request',
        optionalBody: true,
        errors: ['notFound'],
      },
      schema: {
        operationId: 'disableTotp',
        tags: ['second factors'],
        summary: 'Disable TOTP',
        description:
          'All other sessions of the user end, and a notice is sent by email. If TOTP is the last second factor, the recovery codes are deleted too.',
        body: ref(TotpDisableRequest),
        response: { 200: ref(Ok, 'TOTP is disabled.') },
      },
    },
    async ({ user, client, stepUp }) => {
      await app.secondFactors.totp.disable(user, client, stepUp)
      return { status: 'ok' as const }
    },
  )
}

export default routes
