import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { LoginOutcome, LoginResponse } from '#schemas/login.ts'
import { ref } from '#schemas/ref.ts'

/** Every way to log in, answered with tokens. */
const routes: FastifyPluginAsyncTypebox = async app => {
  for (const { path, body, errors, withPassword = false, oneFactor, tokens, run } of app.login.ways) {
    app.post(
      path,
      {
        config: { access: 'public', withPassword, errors },
        schema: {
          ...tokens,
          tags: ['users'],
          body: ref(body),
          response: {
            200: oneFactor
              ? ref(LoginOutcome, 'The tokens of a new session, or a challenge for the second factor.')
              : ref(LoginResponse, 'The tokens of a new session.'),
          },
        },
      },
      async request => {
        const outcome = await run(request.body, request.client)
        if ('mfa_token' in outcome) return outcome
        const { email, password_change_advised } = outcome
        return { ...app.sessions.tokensOf(outcome), email, ...(password_change_advised && { password_change_advised }) }
      },
    )
  }
}

export default routes
