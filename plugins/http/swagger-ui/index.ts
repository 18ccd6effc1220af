// (no decorator) Serves Swagger UI at /ui, where the OpenAPI document can be read and tried out in a browser.
import swaggerUi from '@fastify/swagger-ui'
import fp from 'fastify-plugin'
import { basePath } from '../../config/base-path.ts'
import { serveFromMemory } from './memory.ts'

/** Only scripts, styles and requests of the own origin. */
const CONTENT_SECURITY_POLICY = {
  'default-src': "'none'",
  'script-src': "'self'",
  'style-src': "'self'",
  // `blob:` for responses that are images.
  'img-src': "'self' data: blob:",
  'connect-src': "'self'",
  'base-uri': "'none'",
  'form-action': "'none'",
  'frame-ancestors': "'none'",
}

export default fp(
  async app => {
    const base = basePath(app.config.PUBLIC_URL)

    /** Requests go to the origin that the page was opened from (`localhost`, `127.0.0.1` or PUBLIC_URL), and the description tells how to start. */
    function adapt(document: Readonly<Record<string, object>>) {
      const mail = app.mailbox ? `[mail](${base}/dev/mailbox)` : 'mail'
      const info = { ...document.info, description: gettingStarted(mail) }
      return { ...document, info, servers: base ? [{ url: base }] : [] }
    }

    await app.register(async scope => {
      scope.decorate('defaultAccess', 'public')
      await serveFromMemory(scope, '/ui')
      await scope.register(swaggerUi, {
        routePrefix: '/ui',
        indexPrefix: base,
        theme: { title: 'Holocron' },
        uiConfig: {
          // Without the top bar, which selects among documents: there is only one.
          layout: 'BaseLayout',
          persistAuthorization: true,
          tryItOutEnabled: true,
          displayRequestDuration: true,
          docExpansion: 'list',
          defaultModelsExpandDepth: 0,
        },
        staticCSP: CONTENT_SECURITY_POLICY,
        transformSpecification: adapt,
      })
    })
  },
  { name: 'swagger-ui', dependencies: ['config', 'access', 'mailer', 'openapi'] },
)

function gettingStarted(mail: string): string {
  return `To try it: **sign up**, open the link in the ${mail}, **log in**, paste the \`token\` from the response into **Authorize**, and **list films**.`
}
