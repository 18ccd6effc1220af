/** What the few pages that mailed links lead to have in common. They run no script, and nothing can frame them. */
import type { FastifyReply, FastifyRequest } from 'fastify'

export const PAGE_HEADERS = {
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy':
    "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
}

export function wantsPage({ headers }: FastifyRequest): boolean {
  return headers.accept?.includes('text/html') ?? false
}

/** A string that is no JSON goes past the serialiser as it is; the types do not know. */
export function page(reply: FastifyReply, html: string): never {
  return reply.headers(PAGE_HEADERS).send(html) as never
}

/** What a browser is shown when a link does not do what it should. */
export function failedPage(status: number): string {
  if (status === 429 || status >= 500)
    return layout('Not now', '<p>Please try again in a minute: the link still works.</p>')
  return layout('This link no longer works', '<p>It was used already, has expired, or a newer mail took its place.</p>')
}

/** @param content HTML, with everything that came from outside `escaped` */
export function layout(title: string, content: string): string {
  return `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width">
    <title>${title} · Holocron</title>
    <style>
      body { font: 18px/1.5 system-ui, sans-serif; max-width: 30rem; margin: 20vh auto; padding: 0 1rem; text-align: center; color: #1b1f24 }
      button { font: inherit; padding: .6rem 1.4rem; border: 0; border-radius: .4rem; background: #1f5eff; color: #fff; cursor: pointer }
      label { display: block; margin: 1rem 0 }
      input { font: inherit; display: block; margin: .3rem auto; padding: .5rem .7rem; width: 100%; box-sizing: border-box; border: 1px solid #8b949e; border-radius: .4rem }
      [role=alert] { color: #b3261e }
    </style>
  </head>
  <body>
    <h1>${title}</h1>
    ${content}
  </body>
</html>
`
}
