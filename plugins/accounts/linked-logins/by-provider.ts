/** What a provider's identity does: loaded only if there is a provider. */
import type { FastifyInstance } from 'fastify'
import { createLink } from './link.ts'
import { createLogIn } from './log-in.ts'
import { createSignUp } from './sign-up.ts'
import { createSignupTokens } from './signup-token.ts'
import { createTokenSeal } from './token-seal.ts'
import type { LinkedLogins } from './types.ts'

export type ByProvider = Pick<LinkedLogins, 'logIn' | 'link' | 'signUp'>

export function createByProvider(app: FastifyInstance): ByProvider {
  const seal = createTokenSeal(app)
  const signupTokens = createSignupTokens(app)
  return {
    logIn: app.login.withGate(gate => createLogIn(app, gate, signupTokens, seal)),
    link: createLink(app, seal),
    signUp: createSignUp(app, signupTokens),
  }
}
