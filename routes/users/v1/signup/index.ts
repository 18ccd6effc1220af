import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Ok } from '#schemas/common.ts'
import { errors } from '#schemas/errors.ts'
import { ref } from '#schemas/ref.ts'
import { SignupRequest } from '#schemas/signup.ts'

const routes: FastifyPluginAsyncTypebox = async app => {
  app.post(
    '',
    {
      config: {
        access: 'public',
        withPassword: true,
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
      const creator = access_role === 'admin' ? app.access.identify(request) : undefined
      if (access_role === 'admin' && creator?.access_role !== 'admin') throw errors.forbidden()

      await app.passwords.rejectCommon(password)
      const password_hash = await app.passwords.hash(password)
      await app.signUp({ email, password_hash, access_role }, request.client, creator?.user_id)
      return { status: 'ok' as const }
    },
  )
}

export default routes
