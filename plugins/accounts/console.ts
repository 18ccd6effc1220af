// app.console: pages for whoever is signed in. Each shows the way to the others, and leads to the proof that it asks for.
import type { FastifyError, FastifyInstance, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { errors } from '#schemas/errors.ts'
import { isSafe } from '../auth/access/safe-methods.ts'
import type { Section } from '../http/pages/navigation.ts'
import { takeOwner } from '../http/pages/owned-forms.ts'

declare module 'fastify' {
  interface FastifyInstance {
    console: {
      /** Call it in the `autohooks.ts` of the console's folder, which is the first part of its paths. */
      serve(scope: FastifyInstance): Promise<void>
      /** Adds a section to the console that its path begins with. */
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
        scope.setErrorHandler<FastifyError>((thrown, request, reply) => {
          // A body that cannot be read is an error before it is checked whether its sender has been signed out meanwhile.
          const error = app.access.isRevoked(request) ? errors.tokenInvalid() : thrown
          const path = app.pages.wanted(request) ? cure(app, request, error) : undefined
          if (path === undefined) throw error
          return reply.redirect(path, 303)
        })
        await app.hostedPages.serve(scope)
        // After the guards, and before anything that can fail: an error's page has the navigation, too.
        scope.addHook('preParsing', async request => {
          const { url = '' } = request.routeOptions
          // Before anything is read that may change meanwhile.
          const position = app.liveFeed.position()
          request.account = await app.users.get(request.user.user_id)
          request.locale = request.account.locale
          request.sections = sections.filter(({ path }) => consoleOf(path) === consoleOf(url))
          request.stream = { path: `/${consoleOf(url)}/stream`, channels: app.liveFeed.channels, position }
        })
        // Nothing of one account is saved in another, and nobody deletes an account while looking at another one's page.
        scope.addHook('preValidation', async request => {
          const owner = takeOwner(request)
          if (owner !== undefined && owner !== String(request.user.user_id)) throw errors.accountSwitched()
        })
      },
    })
  },
  { name: 'console', dependencies: ['access', 'config', 'hosted-pages', 'live-feed', 'pages', 'users'] },
)

/** `/account/devices` is of the console `account`. */
const consoleOf = (path: string) => path.split('/')[1]

/** The page that resolves the error, with the way back to the current one; undefined if none does. */
function cure(
  { pages }: FastifyInstance,
  request: FastifyRequest,
  { code, statusCode }: FastifyError,
): string | undefined {
  const { url } = request.routeOptions
  const redirect_to = withoutNews(isSafe(request.method) ? pages.here(request) : pageOfForm(request))
  if (statusCode === 401) return pages.urlOf(request, '/signin', { redirect_to })
  // Rejected by the guards. If the last second factor must not be removed, the page says so.
  if (code === errors.mfaRequired.code && !request.account)
    return pages.urlOf(request, '/account/two-factor', { redirect_to })
  if (code === errors.reauthenticationRequired.code && url !== REAUTHENTICATE)
    return pages.urlOf(request, REAUTHENTICATE, { redirect_to })
  return undefined
}

/** The page that a form was sent from. */
function pageOfForm({ headers, server }: FastifyRequest): string | undefined {
  const page = URL.parse(headers.referer ?? '')
  return page?.origin === new URL(server.config.PUBLIC_URL).origin ? page.pathname + page.search : undefined
}

/** What was done before is not done once more by coming back. */
function withoutNews(page: string | undefined): string | undefined {
  const [path, query = ''] = page?.split('?') ?? []
  const values = new URLSearchParams(query)
  values.delete('done')
  return values.size > 0 ? `${path}?${values}` : path
}
