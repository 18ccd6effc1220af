import type { FastifyDynamicSwaggerOptions } from '@fastify/swagger'
import type { FastifyInstance } from 'fastify'
import packageJson from '../../../package.json' with { type: 'json' }

/** What the document says before any route is added. */
export function skeleton({
  config,
  sessionCookie,
}: FastifyInstance): NonNullable<FastifyDynamicSwaggerOptions['openapi']> {
  return {
    openapi: '3.1.0',
    info: {
      title: config.APP_NAME,
      version: packageJson.version,
      description: packageJson.description,
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: config.PUBLIC_URL }],
    components: {
      securitySchemes: {
        login: passwordFlow(config.PUBLIC_URL),
        accessToken: {
          type: 'http',
          scheme: 'bearer',
          bearerFormat: 'JWT',
          description: 'An access token: the `token` returned by a login.',
        },
        refreshToken: {
          type: 'http',
          scheme: 'bearer',
          bearerFormat: 'JWT',
          description: 'A refresh token: the `refresh_token` returned by a login.',
        },
        sessionCookie: {
          type: 'apiKey',
          in: 'cookie',
          name: sessionCookie.name,
          description: 'The session cookie of a browser, set by `POST /sessions/v1/`.',
        },
      },
    },
  }
}

/** @param base what precedes the paths: PUBLIC_URL, or its path where requests go to the origin of the page */
export function passwordFlow(base: string) {
  const url = `${base}/users/v1/token`
  return {
    type: 'oauth2' as const,
    description:
      'The e-mail address as username, and the password; the other fields stay empty. For accounts without a second factor.',
    flows: { password: { tokenUrl: url, refreshUrl: url, scopes: {} } },
  }
}
