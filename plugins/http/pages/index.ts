// app.pages, reply.page: HTML pages for browsers on routes that otherwise answer JSON. They run no script and cannot be framed.
import formbody from '@fastify/formbody'
import type { FastifyReply, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { html } from './html.ts'
import { failedPage, layout, type Page } from './layout.ts'

declare module 'fastify' {
  interface FastifyInstance {
    pages: {
      html: typeof html
      /** Does the client prefer a page to JSON (`Accept: text/html`)? */
      wanted(request: FastifyRequest): boolean
      /**
       * For the routes behind a mailed link, in their `autohooks.ts`: they accept the form that the page posts, and browsers get a page for an error too;
       * status and headers stay.
       * @param again the form with what was wrong, if an error of this code leaves the token valid
       */
      serveForm(scope: FastifyInstance, again: (token: string, code: string) => Page | undefined): Promise<void>
    }
  }
  interface FastifyReply {
    /** Sends a page. */
    page(page: Page): never
  }
}

const HEADERS = {
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy':
    "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
}

export default fp(
  async app => {
    const render = (reply: FastifyReply, page: Page) => {
      reply.headers(HEADERS)
      return layout(page)
    }
    const wanted = ({ headers }: FastifyRequest) => headers.accept?.includes('text/html') ?? false
    app.decorate('pages', {
      html,
      wanted,
      async serveForm(scope, again) {
        await scope.register(formbody)
        scope.addHook('onSend', async (request, reply, payload) => {
          if (reply.statusCode < 400 || !wanted(request)) return payload
          const { token } = (request.body ?? {}) as { token?: unknown }
          const { message } = JSON.parse(String(payload)) as { message: string }
          const form = typeof token === 'string' ? again(token, message) : undefined
          return render(reply, form ?? failedPage(reply.statusCode))
        })
      },
    })
    app.decorateReply('page', function (page) {
      // Strings bypass the response schema's serializer, which the types do not know.
      return this.send(render(this, page)) as never
    })
  },
  { name: 'pages' },
)
