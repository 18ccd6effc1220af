// app.pages, reply.page: HTML pages for browsers, from the templates in plugins/templates/pages/, in the visitor's language. They cannot be framed, and have no inline code.
import formbody from '@fastify/formbody'
import type { FastifyReply, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { type CatalogError, errors } from '#schemas/errors.ts'
import type { User } from '#schemas/users.ts'
import { basePath } from '../../config/base-path.ts'
import { prefersHtml } from './accept.ts'
import { contextOf, type Page, type PageData } from './context.ts'
import { pageHeaders } from './headers.ts'
import { html } from './html.ts'
import { linkTo } from './links.ts'
import type { Stream } from './live.ts'
import type { Section } from './navigation.ts'
import { markForms } from './owned-forms.ts'
import { type Failure, failureOf } from './problem.ts'
import { redirectTargets } from './redirects.ts'
import { tokenForm } from './token-form.ts'

declare module 'fastify' {
  interface FastifyInstance {
    pages: {
      html: typeof html
      /** Does the client ask for `text/html` in `Accept`, as browsers do? */
      wanted(request: FastifyRequest): boolean
      /** For routes that show pages, in their `autohooks.ts`: they accept forms. */
      serve(scope: FastifyInstance): Promise<void>
      /** Renders the page for an error (`config.errorPage`); status and headers stay, but those that a page needs. */
      ofError(request: FastifyRequest, reply: FastifyReply, error: CatalogError): Promise<string>
      /** The page that is asked for, by its path: where `redirect_to` may lead back to. */
      here(request: FastifyRequest): string
      /** The URL of a page of ours as browsers have to ask for it: with the path of PUBLIC_URL, and the language if it was chosen. */
      urlOf(request: FastifyRequest, path: string, query?: Record<string, string | undefined>): string
      /** The form behind a mailed link, which comes back after an error. */
      tokenForm: typeof tokenForm
      /** What a form that comes back with this error was filled with, as its schema has it; not what another site has filled it with. */
      filledIn<Body>(request: FastifyRequest, code: string): Body | undefined
      /** Where `redirect_to` may lead: a page of ours, or a URL of REDIRECT_URLS; undefined for any other. */
      redirectTarget(redirectTo: string | undefined): string | undefined
    }
  }
  interface FastifyRequest {
    /** Who is signed in, on the pages of a console. */
    account: User | null
    /** What that console consists of. */
    sections: readonly Section[] | null
    /** Where those pages hear of changes. */
    stream: Stream | null
    /** The language that the visitor chose for the account, where the page knows the account. */
    locale: string | null
  }
  interface FastifyReply {
    /**
     * Sends a page.
     * @param name of its template: `signin/password`; what is before the last slash is also the topic of its messages
     */
    page(name: string, data?: PageData): Promise<never>
    /** The page that `config.errorPage` shows, too. */
    page(page: Page): Promise<never>
  }
  interface FastifyContextConfig {
    /** The page that shows an error of this code: a form comes back with what was typed, except secrets. Default: `error` */
    errorPage?: (code: string, request: FastifyRequest) => Page | undefined | Promise<Page | undefined>
  }
}

const ERROR: Page = { name: 'error' }

export default fp(
  async app => {
    const wanted = ({ headers }: FastifyRequest) => prefersHtml(headers.accept)
    const render = async (request: FastifyRequest, page: Page, failure?: Failure) => {
      const context = contextOf(request, page, failure)
      const markup = await app.templates.render(`pages/${page.name}`, { ...context, ...page.data })
      return request.account ? markForms(markup, request.account) : markup
    }

    app.decorateRequest('account', null)
    app.decorateRequest('sections', null)
    app.decorateRequest('stream', null)
    app.decorateRequest('locale', null)
    app.decorate('pages', {
      html,
      wanted,
      serve: async scope => void (await scope.register(formbody)),
      async ofError(request, reply, error) {
        const failure = failureOf(error)
        const show = async ({ name, data = {} }: Page) => {
          const markup = await render(request, { name, data }, failure)
          reply.headers(pageHeaders(request, data))
          return markup
        }
        const own = async () => show((await request.routeOptions.config?.errorPage?.(error.code, request)) ?? ERROR)
        return own().catch(err => {
          // What the route's own page needs may be what is out of service.
          if (error.statusCode !== 503) request.log.error({ err }, 'error page failed, using the common one')
          return show(ERROR)
        })
      },
      here: ({ url }) => {
        const { pathname, search } = new URL(url, app.config.PUBLIC_URL)
        return basePath(app.config.PUBLIC_URL) + pathname + search
      },
      urlOf: linkTo,
      tokenForm,
      filledIn: <Body>({ body }: FastifyRequest, code: string) =>
        code === errors.crossSite.code ? undefined : (body as Body | undefined),
      redirectTarget: redirectTargets(app.config),
    })
    app.decorateReply('page', async function (this: FastifyReply, page: string | Page, more?: PageData) {
      const { live, ...given } = typeof page === 'string' ? { name: page, data: more } : page
      const data = { ...given.data, ...(live && { script: 'live.js' }) }
      const markup = await render(this.request, { ...given, data, live })
      // Strings bypass the response schema's serializer, which the types do not know.
      return this.headers(pageHeaders(this.request, data)).send(markup) as never
    })
  },
  { name: 'pages', dependencies: ['assets', 'client', 'config', 'languages', 'templates'] },
)
