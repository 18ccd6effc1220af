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
        summary: 'Signs up with e-mail and password; a link that proves the address is mailed',
        description: "To make an administrator (`access_role: admin`), send an administrator's access token along.",
        body: ref(SignupRequest),
        response: { 200: ref(Ok, 'The account is there; it can log in once its address is proved') },
      },
    },
    async request => {
      const { email, password, access_role = 'basic' } = request.body
      if (access_role === 'admin' && app.access.identify(request)?.access_role !== 'admin') throw errors.forbidden()

      await app.passwords.rejectCommon(password)
      const password_hash = await app.passwords.hash(password)
      await app.signUp({ email, password_hash, access_role }, request.client)
      return { status: 'ok' as const }
    },
  )
}

export default routes
