import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyRequest } from 'fastify'
import { Ok } from '#schemas/common.ts'
import { errors } from '#schemas/errors.ts'
import { ref } from '#schemas/ref.ts'
import { SignupRequest } from '#schemas/signup.ts'
import type { AccessRole } from '#schemas/users.ts'

const routes: FastifyPluginAsyncTypebox = async app => {
  app.post(
    '',
    {
      config: {
        access: 'public',
        withPassword: true,
        stepUp: 'session',
        // Others are refused by the handler: that their role forbids it comes first.
        stepUpWhen: request => administratorBehind(request) !== undefined,
        errors: ['emailInvalid', 'passwordInvalid', 'passwordTooCommon', 'userAlreadyExists', 'forbidden'],
      },
      schema: {
        operationId: 'signup',
        tags: ['users'],
        summary: 'Sign up',
        description:
          'Creates an account, and sends an email with a link to verify the address. The user can log in once the address ' +
          'is verified. To create an administrator, send `access_role: admin` with the access token of an administrator. If ' +
          'the service runs with `HIDE_ACCOUNTS`, the response is the same for an address that is already in use.',
        body: ref(SignupRequest),
        response: { 200: ref(Ok, 'The account is created.') },
      },
    },
    async request => {
      const { email, password, access_role = 'basic' } = request.body
      const caller = administratorBehind(request)
      if (access_role === 'admin' && !(caller && request.stepUp)) throw errors.forbidden()

      await app.passwords.rejectCommon(password)
      const password_hash = await app.passwords.hash(password)
      const creator = caller && request.stepUp ? { caller, stepUp: request.stepUp } : undefined
      await app.signUp({ email, password_hash, access_role }, request.client, { creator })
      return { status: 'ok' as const }
    },
  )

  /** Who asks for another administrator, if an administrator does. */
  function administratorBehind(request: FastifyRequest) {
    const { access_role } = request.body as { access_role?: AccessRole }
    const caller = access_role === 'admin' ? app.access.identify(request) : undefined
    return caller?.access_role === 'admin' ? caller : undefined
  }
}

export default routes
