// reply.page: HTML pages for browsers on routes that otherwise answer JSON. They run no script and cannot be framed.
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
      /** Sets the headers of a page and renders it, for `onSend` hooks. */
      render(reply: FastifyReply, page: Page): string
      failed(status: number): Page
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
    app.decorate('pages', {
      html,
      render,
      failed: failedPage,
      wanted: ({ headers }: FastifyRequest) => headers.accept?.includes('text/html') ?? false,
    })
    app.decorateReply('page', function (page) {
      // Strings bypass the response schema's serializer, which the types do not know.
      return this.send(render(this, page)) as never
    })
  },
  { name: 'pages' },
)
