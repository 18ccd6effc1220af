import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyRequest } from 'fastify'
import { Ok } from '#schemas/common.ts'
import { errors } from '#schemas/errors.ts'
import { ref } from '#schemas/ref.ts'
import { TotpDisableRequest, TotpSetup, TotpSetupRequest } from '#schemas/totp.ts'
import { deleteTotp } from '#sql/totp-secrets.ts'
import type { User } from '#sql/users.ts'

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
        errors: ['passwordWrong', 'userNotFound', 'tooManyAttempts'],
      },
      schema: {
        operationId: 'startTotp',
        tags: ['second factors'],
        summary: 'Set up TOTP',
        description:
          'Generates a secret for an authenticator app. TOTP is not enabled until the secret is confirmed with `POST ' +
          '/users/v1/mfa/totp/verify` in the same session, within 15 minutes. A secret that is already enabled keeps ' +
          'working until then. Requires the password, so that a stolen token is not enough.',
        body: ref(TotpSetupRequest),
        response: { 200: ref(TotpSetup, 'The secret, its URI and its QR code.') },
      },
    },
    async request => {
      const user = await app.credentials.reauthenticate(request.user.user_id, request.body.password, request.client)
      const { secret, uri } = await app.mfa.totp.start(user, request.user.sid)
      const picture = await app.mfa.totp.qrCode(uri)
      return { secret, uri, qr_code: `data:image/png;base64,${picture.toString('base64')}` }
    },
  )

  app.delete(
    '',
    {
      config: {
        authLimit: true,
        errors: ['otpInvalid', 'recoveryCodeInvalid', 'passwordWrong', 'notFound', 'tooManyAttempts'],
      },
      schema: {
        operationId: 'disableTotp',
        tags: ['second factors'],
        summary: 'Disable TOTP',
        description:
          'Requires the password, and either a one-time password or a recovery code. All other sessions of the user end, ' +
          'and a notice is sent by email. If TOTP is the last second factor, the recovery codes are deleted too.',
        body: ref(TotpDisableRequest),
        response: { 200: ref(Ok, 'TOTP is disabled.') },
      },
    },
    async request => {
      const user = await app.credentials.reauthenticate(request.user.user_id, request.body.password, request.client)
      if (!user.mfa_enabled) throw errors.notFound()
      const consume = await verify(request, user)
      await app.secondFactors.change(
        request.user,
        request.client,
        'totp-disabled',
        async tx => {
          await consume(tx)
          if (!(await deleteTotp(tx, user.id, 1))) throw errors.notFound()
        },
        user,
      )
      return { status: 'ok' as const }
    },
  )

  function verify(request: FastifyRequest<{ Body: { otp?: string; recovery_code?: string } }>, user: User) {
    const { otp, recovery_code } = request.body
    if (otp !== undefined) return app.mfa.totp.verify(user.id, otp, request.client)
    if (recovery_code !== undefined) return app.mfa.recoveryCodes.verify(user, recovery_code, request.client)
    throw errors.requestInvalid({ details: { in: 'body', field: 'otp', problem: 'or recovery_code must be there' } })
  }
}

export default routes
