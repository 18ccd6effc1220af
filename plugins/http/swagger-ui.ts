// (no decorator) Swagger UI at /ui: the OpenAPI document to be tried out in a browser.
import swaggerUi from '@fastify/swagger-ui'
import fp from 'fastify-plugin'

/** Scripts and styles of this server's, and pictures within them; calls to nobody else. */
const POLICY = {
  'default-src': "'none'",
  'script-src': "'self'",
  'style-src': "'self'",
  // blob: where an answer is a picture.
  'img-src': "'self' data: blob:",
  'connect-src': "'self'",
  'base-uri': "'none'",
  'form-action': "'none'",
  'frame-ancestors': "'none'",
}

export default fp(
  async app => {
    const base = new URL(app.config.PUBLIC_URL).pathname.replace(/\/$/, '')

    /** The page calls the very origin that it was opened from, be it `localhost`, `127.0.0.1` or PUBLIC_URL; and it tells newcomers where to begin. */
    function forThePage(document: Readonly<Record<string, object>>) {
      const mail = app.mailbox ? `[mail](${base}/dev/mailbox)` : 'mail'
      const info = { ...document.info, description: howToBegin(mail) }
      return { ...document, info, servers: base ? [{ url: base }] : [] }
    }

    await app.register(async scope => {
      scope.decorate('defaultAccess', 'public')
      await scope.register(swaggerUi, {
        routePrefix: '/ui',
        indexPrefix: base,
        theme: { title: 'Holocron' },
        uiConfig: {
          // Without the top bar: there is but one document to explore.
          layout: 'BaseLayout',
          persistAuthorization: true,
          tryItOutEnabled: true,
          displayRequestDuration: true,
          docExpansion: 'list',
          defaultModelsExpandDepth: 0,
        },
        staticCSP: POLICY,
        transformSpecification: forThePage,
      })
    })
  },
  { name: 'swagger-ui', dependencies: ['config', 'access', 'mailer', 'openapi'] },
)

function howToBegin(mail: string): string {
  return `To try it: **signup**, follow the link in the ${mail}, **login**, paste the answer's \`token\` into **Authorize**, and ask for the **films**.`
}
