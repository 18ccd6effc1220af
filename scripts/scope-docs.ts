// npm run docs: writes docs/scopes.md from `config.scopes` of the routes.
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { FastifyInstance } from 'fastify'
import { OPENID_SCOPES } from '../plugins/oidc/provider/scopes.ts'
import { documentedApp } from './documented-app.ts'

interface Operation {
  operationId?: string
  summary?: string
}

/** `docs/scopes.md`: the scopes of OpenID Connect with their claims, and those of the routes with their operations. */
export async function scopesPage(): Promise<string> {
  const app = documentedApp()
  const scopes = collectScopes(app)
  try {
    await app.ready()
    return page(operationsByScope(app, scopes))
  } finally {
    await app.close()
  }
}

/** By operation; complete once the application is ready. */
function collectScopes(app: FastifyInstance): Map<string, string[]> {
  const scopes = new Map<string, string[]>()
  app.addHook('onRoute', ({ config, schema }) => {
    if (schema?.operationId && config?.scopes) scopes.set(schema.operationId, config.scopes)
  })
  return scopes
}

function operationsByScope(app: FastifyInstance, scopes: Map<string, string[]>): Map<string, string[]> {
  const byScope = new Map([...app.access.scopes].map((scope): [string, string[]] => [scope, []]))
  for (const [path, methods] of Object.entries(app.swagger().paths ?? {}))
    for (const [method, { operationId = '', summary }] of Object.entries(methods as Record<string, Operation>))
      for (const scope of scopes.get(operationId) ?? [])
        byScope.get(scope)?.push(`${summary}: \`${method.toUpperCase()} ${path}\``)
  return byScope
}

function page(operations: Map<string, string[]>): string {
  const claims = Object.entries(OPENID_SCOPES).map(([scope, claims]) =>
    row(scope, claims.map(claim => `\`${claim}\``).join(', ') || 'none: a refresh token'),
  )
  const routes = [...operations].toSorted().map(([scope, lines]) => row(scope, lines.join('<br>')))
  return `# Scopes

What [applications](openid-provider.md#scopes) can ask for. A service with \`OAUTH_RESOURCES\` has those of [other services](openid-provider.md#other-services), too.

| scope of OpenID Connect | claims |
| --- | --- |
${claims.join('\n')}

| scope of this service | opens |
| --- | --- |
${routes.join('\n')}

\`npm run docs\` generates this page from \`config.scopes\` of the [routes](../routes/).
`
}

const row = (scope: string, opens: string) => `| \`${scope}\` | ${opens} |`

if (import.meta.main) await writeFile(join(import.meta.dirname, '../docs/scopes.md'), await scopesPage())
