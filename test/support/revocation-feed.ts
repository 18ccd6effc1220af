/** A reader of the revocation feed, step by step. */
import type { FastifyInstance } from 'fastify'
import type { NewOAuthClient } from '#schemas/oauth-clients.ts'
import type { Test } from './app.ts'
import { type Frame, read } from './event-stream.ts'
import { type Application, application } from './oauth.ts'
import { post } from './oauth-requests.ts'
import { until } from './until.ts'

/** A service that an administrator has registered for the feed. */
export function trustedService(app: FastifyInstance, more: Partial<NewOAuthClient> = {}): Promise<Application> {
  return application(app, {
    client_name: 'Archive',
    redirect_uris: [],
    grant_types: ['client_credentials'],
    scope: 'revocations',
    ...more,
  })
}

export async function feedToken(service: Application, scope = 'revocations'): Promise<string> {
  const { body, text } = await post(service, 'token', { grant_type: 'client_credentials', scope })
  if (typeof body.access_token !== 'string') throw new Error(`no token: ${text}`)
  return body.access_token
}

const STREAM = '/revocations/v1/stream'

/** @returns what the feed has sent so far, which grows, and whether it has ended */
export async function openFeed(t: Test, url: string, token: string, lastEventId?: string) {
  const abort = new AbortController()
  t.teardown(() => abort.abort())
  const headers = { authorization: `Bearer ${token}`, ...(lastEventId && { 'last-event-id': lastEventId }) }
  const response = await fetch(url + STREAM, { headers, signal: abort.signal })
  const feed = { status: response.status, headers: response.headers, events: [] as Frame[], ended: false, abort }
  void read(response, { frames: feed.events, others: [] })
    .catch(() => {})
    .finally(() => {
      feed.ended = true
    })
  const lines = () => feed.events.filter(({ event }) => event === 'revoked').flatMap(({ data }) => data.split('\n'))
  return Object.assign(feed, {
    lines,
    last: (name: string) => feed.events.findLast(({ event }) => event === name),
    /** Waits for the event that says that nothing is missing. */
    current: async () => {
      await until(() => feed.ended || feed.events.at(-1)?.event === 'current')
      return feed.events.findLast(({ event }) => event === 'current')
    },
  })
}
