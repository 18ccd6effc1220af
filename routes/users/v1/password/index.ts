import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyRequest } from 'fastify'
import { errors } from '#schemas/errors.ts'
import { PasswordChangeRequest, PasswordChangeResponse } from '#schemas/password.ts'
import { ref } from '#schemas/ref.ts'

/** A concurrent login may replace the hash by a stronger one of the same password: then it is verified again. */
const ATTEMPTS = 3

const routes: FastifyPluginAsyncTypebox = async app => {
  app.put(
    '',
    {
      config: {
        authLimit: true,
        stepUp: 'request',
        errors: ['passwordInvalid', 'passwordTooCommon', 'passwordUnchanged'],
      },
      schema: {
        operationId: 'changePassword',
        tags: ['users'],
        summary: 'Change the password',
        description:
          'Returns the next tokens of this session, and invalidates the previous ones. All other sessions of the user end, ' +
          'and links and codes that were sent by email before are invalidated. A notice is sent by email.',
        body: ref(PasswordChangeRequest),
        response: {
          200: ref(
            PasswordChangeResponse,
            'The new tokens; or a new cookie, if the caller authenticates with the session cookie.',
          ),
        },
      },
    },
    async (request, reply) => {
      const session = await changePassword(request, request.body.new_password)
      if (!request.byCookie) return app.sessions.tokensOf(session)
      app.sessionCookie.set(reply, session, request.user)
      return { status: 'ok' as const }
    },
  )

  async function changePassword(request: FastifyRequest, new_password: string) {
    const change = await app.preparePasswordChange(request.user, new_password, request.client)
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      if (attempt > 0) request.stepUp = await app.stepUp.verify(request)
      const session = await change(request.stepUp).catch(undefinedIfChanged)
      if (session) return session
    }
    throw errors.passwordWrong()
  }
}

/** The hash is no longer the one that was verified. */
function undefinedIfChanged(error: { code?: string }): undefined {
  if (error.code !== errors.passwordWrong.code) throw error
}

export default routes
