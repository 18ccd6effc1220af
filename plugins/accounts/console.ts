// app.console: pages for whoever is signed in. Each shows the way to the others, and leads to the proof that it asks for.
import type { FastifyError, FastifyInstance, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { errors } from '#schemas/errors.ts'
import { isSafe } from '../auth/access/safe-methods.ts'
import { basePath } from '../config/base-path.ts'
import type { Section } from '../http/pages/navigation.ts'

declare module 'fastify' {
  interface FastifyInstance {
    console: {
      /** Call it in the `autohooks.ts` of the console's folder; the whole folder is one console. */
      serve(scope: FastifyInstance): Promise<void>
      /** Adds a section to the console whose path its own path begins with. */
      section(section: Section): void
    }
  }
}

const REAUTHENTICATE = '/account/reauthenticate'

export default fp(
  async app => {
    const sections: Section[] = []

    app.decorate('console', {
      section: section => void sections.push(section),
      async serve(scope) {
        const isOurs = ({ path }: Section) => `${path}/`.startsWith(`${scope.prefix}/`)
        scope.setErrorHandler<FastifyError>((error, request, reply) => {
          const path = app.pages.wanted(request) ? cure(app, request, error.code) : undefined
          if (path === undefined) throw error
          return reply.redirect(path, 303)
        })
        await app.hostedPages.serve(scope)
        // After the guards, and before anything that can fail: an error's page has the navigation, too.
        scope.addHook('preParsing', async request => {
          const account = await app.users.get(request.user.user_id)
          request.console = { account, sections: sections.filter(isOurs) }
        })
      },
    })
  },
  { name: 'console', dependencies: ['config', 'hosted-pages', 'pages', 'users'] },
)

/** Where the visitor can do what a refusal asks for. */
function cure({ config, pages }: FastifyInstance, request: FastifyRequest, code: string): string | undefined {
  const { url } = request.routeOptions
  const redirect_to = isSafe(request.method) ? basePath(config.PUBLIC_URL) + request.url : pageOfForm(request)
  // Turned away at the door. If it is the last factor that must not go, the page says so.
  if (code === errors.mfaRequired.code && !request.console)
    return pages.urlOf(request, '/account/two-factor', { redirect_to })
  if (code === errors.reauthenticationRequired.code && url !== REAUTHENTICATE)
    return pages.urlOf(request, REAUTHENTICATE, { redirect_to })
  return undefined
}

/** The page that a form was sent from. */
function pageOfForm({ headers, server }: FastifyRequest): string | undefined {
  const page = server.pages.redirectTarget(headers.referer)
  return page && new URL(page).pathname + new URL(page).search
}
