// (no decorator) Serves Swagger UI at /ui, where the OpenAPI document can be read and tried out in a browser.
import swaggerUi from '@fastify/swagger-ui'
import fp from 'fastify-plugin'
import { basePath } from '../../config/base-path.ts'
import { passwordFlow } from '../openapi/document.ts'
import type { Document } from '../openapi/finish.ts'
import { withFirstSteps } from './first-steps.ts'
import { serveFromMemory } from './memory.ts'
import { page } from './page.ts'
import { tokens } from './tokens.ts'
import { toYaml } from './yaml.ts'

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

    /** Requests go to the origin that the page was opened from (`localhost`, `127.0.0.1` or PUBLIC_URL). There is no session cookie to paste: scripts cannot set it. */
    function document() {
      const whole = app.swagger() as unknown as Document
      // What is sent to others cannot be tried, and no filter finds it: docs/events.md lists it.
      const { webhooks: _webhooks, ...document } = whole
      const { sessionCookie: _cookie, ...securitySchemes } = document.components.securitySchemes
      const mail = app.mailbox ? `[mail](${base}/dev/mailbox)` : 'mail'
      return {
        ...withFirstSteps(document),
        info: { ...document.info, description: firstSteps(mail) },
        servers: base ? [{ url: base }] : [],
        components: {
          ...document.components,
          securitySchemes: { ...securitySchemes, login: passwordFlow(base) },
        },
      }
    }

    const html = { type: 'text/html; charset=utf-8', make: () => page(app, base) }
    await app.register(async scope => {
      scope.decorate('defaultAccess', 'public')
      await serveFromMemory(scope, '/ui', {
        '/ui': html,
        '/ui/': html,
        '/ui/json': { type: 'application/json; charset=utf-8', make: () => JSON.stringify(document()) },
        '/ui/yaml': { type: 'application/yaml; charset=utf-8', make: () => toYaml(document()) },
      })
      await scope.register(swaggerUi, {
        routePrefix: '/ui',
        uiConfig: {
          // Without the top bar, which selects among documents: there is only one.
          layout: 'BaseLayout',
          plugins: [tokens],
          filter: true,
          persistAuthorization: true,
          tryItOutEnabled: true,
          displayRequestDuration: true,
          docExpansion: 'list',
          defaultModelsExpandDepth: 0,
        },
        staticCSP: CONTENT_SECURITY_POLICY,
      })
    })
  },
  { name: 'swagger-ui', dependencies: ['config', 'access', 'assets', 'mailer', 'openapi'] },
)

function firstSteps(mail: string): string {
  return `To try it: sign up, open the link in the ${mail}, and log in: the tokens fill in by themselves. List the films; rotate the tokens and list them again; log out, and once more.`
}
