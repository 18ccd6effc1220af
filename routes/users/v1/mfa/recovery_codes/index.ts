import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyRequest } from 'fastify'
import { errors } from '#schemas/errors.ts'
import { RecoveryCodes, RecoveryCodesLeft, RecoveryCodesRequest } from '#schemas/recovery-codes.ts'
import { ref } from '#schemas/ref.ts'
import { countRecoveryCodes } from '#sql/recovery-codes.ts'
import { mfaMethods } from '#sql/second-factors.ts'

const routes: FastifyPluginAsyncTypebox = async app => {
  app.get(
    '',
    {
      schema: {
        operationId: 'countRecoveryCodes',
        tags: ['second factors'],
        summary: 'Count recovery codes',
        description: 'Returns how many recovery codes have not been used yet.',
        response: { 200: ref(RecoveryCodesLeft, 'The number of unused recovery codes.') },
      },
    },
    async ({ user }) => ({ left: await countRecoveryCodes(app.db, user.user_id) }),
  )

  app.post(
    '',
    {
      config: {
        authLimit: true,
        errors: ['otpInvalid', 'passwordWrong', 'notFound', 'userNotFound', 'tooManyAttempts'],
      },
      schema: {
        operationId: 'renewRecoveryCodes',
        tags: ['second factors'],
        summary: 'Regenerate recovery codes',
        description:
          'Generates ten new recovery codes and invalidates the previous ones. Requires a one-time password, or the ' +
          'password if passkeys are the only second factor. All other sessions of the user end, and a notice is sent by ' +
          'email.',
        body: ref(RecoveryCodesRequest),
        response: { 200: ref(RecoveryCodes, 'The new recovery codes.') },
      },
    },
    async request => {
      const { consume, verified } = await verify(request)
      const recovery_codes = await app.secondFactors.change(
        request.user,
        request.client,
        'recovery-codes-renewed',
        async (tx, user) => {
          if (!user.mfa_enabled) throw errors.notFound()
          await consume?.(tx)
          return app.mfa.recoveryCodes.renew(tx, user.id)
        },
        verified,
      )
      return { recovery_codes }
    },
  )

  /** By a one-time password if TOTP is enabled, else by the password. */
  async function verify(request: FastifyRequest<{ Body: { otp?: string; password?: string } }>) {
    const { user_id } = request.user
    const { otp, password } = request.body
    const methods = await mfaMethods(app.db, user_id)
    const wanted = methods.includes('totp') ? 'otp' : 'password'
    if (wanted === 'otp' && otp !== undefined)
      return { consume: await app.mfa.totp.verify(user_id, otp, request.client) }
    if (wanted === 'password' && password !== undefined)
      return { verified: await app.credentials.reauthenticate(user_id, password, request.client) }
    throw errors.requestInvalid({ details: { in: 'body', field: wanted, problem: 'must be there' } })
  }
}

export default routes
