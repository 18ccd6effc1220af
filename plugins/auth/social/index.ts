// app.social: the providers people can log in with. Without any, nothing of it is loaded; what a provider needs is loaded at its first use.
import fp from 'fastify-plugin'
import { errors } from '#schemas/errors.ts'
import type { Social } from './configured.ts'
import type { Flow } from './flows.ts'

declare module 'fastify' {
  interface FastifyInstance {
    social: Social
  }
  interface FastifyRequest {
    /** What a provider's redirect came back to, on the page of its callback: known even if it failed. */
    providerFlow: Flow | null
  }
}

async function notFound(): Promise<never> {
  throw errors.providerNotFound()
}

const NONE: Social = {
  providers: [],
  nameOf: key => key,
  browserFlow: { begin: notFound, start: notFound, finish: notFound },
  proofCookie: { set: () => {}, read: () => undefined, clear: () => {} },
  transactions: { start: notFound, finish: notFound },
  protocolOf: notFound,
}

export default fp(
  async app => {
    const { GITHUB_CLIENT_ID, GOOGLE_CLIENT_ID, LINKEDIN_CLIENT_ID, FACEBOOK_CLIENT_ID, OIDC_PROVIDERS } = app.config
    const configured =
      GITHUB_CLIENT_ID || GOOGLE_CLIENT_ID || LINKEDIN_CLIENT_ID || FACEBOOK_CLIENT_ID || OIDC_PROVIDERS
    app.decorateRequest('providerFlow', null)
    app.decorate('social', configured ? (await import('./configured.ts')).createSocial(app) : NONE)
  },
  { name: 'social', dependencies: ['config', 'keys', 'metrics', 'outbound', 'pages'] },
)
