/** What the schema of a webhook cannot express. */
import type { FastifyInstance } from 'fastify'
import { errors } from '#schemas/errors.ts'
import type { WebhookUpdate } from '#schemas/webhooks.ts'
import { isAllowed } from '../../http/outbound/addresses.ts'
import { internalHosts } from '../../http/outbound/internal-hosts.ts'
import { problemOfUrl } from '../../http/outbound/urls.ts'
import { eventTypes } from '../events/types.ts'

/** @returns a check of the members that are given @throws webhookInvalid */
export function webhookRules(app: FastifyInstance): (webhook: WebhookUpdate) => void {
  const { config } = app
  const hosts = internalHosts(config, config.WEBHOOK_INTERNAL_HOSTS)
  let known: Set<string> | undefined

  function problemOfTarget(url: string): string | undefined {
    const problem = problemOfUrl(url, { loopback: config.NODE_ENV !== 'production' })
    if (problem) return problem
    return isAllowed(new URL(url), hosts) ? undefined : 'must not be a private address'
  }

  return ({ url, types = [] }) => {
    known ??= new Set(['*', ...eventTypes(app.getSchemas()).map(({ name }) => name)])
    const problem = url === undefined ? undefined : problemOfTarget(url)
    if (problem) throw errors.webhookInvalid({ details: { in: 'body', field: 'url', problem } })
    for (const type of types)
      if (!known.has(type))
        throw errors.webhookInvalid({
          details: { in: 'body', field: 'types', problem: `must be types of events: ${type} is none` },
        })
  }
}
