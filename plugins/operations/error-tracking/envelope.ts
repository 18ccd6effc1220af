/** A report in Sentry's form. It is put together from what is listed here, and nothing is taken over as a whole. @see https://develop.sentry.dev/sdk/foundations/transport/envelopes/ */
import { randomUUID } from 'node:crypto'
import packageJson from '../../../package.json' with { type: 'json' }
import type { ErrorLine } from '../../http/logging/error-lines.ts'
import { impersonal } from './impersonal.ts'
import { framesOf } from './stack.ts'

/** An error's causes beyond this are left out. */
const CAUSES_MAX = 4

export interface Report extends ErrorLine {
  error: Error
}

export function createEnvelope({ error, message, level, context }: Report, environment: string): string {
  const { request_id, method, route } = context
  const event_id = randomUUID().replaceAll('-', '')
  const event = {
    event_id,
    timestamp: Date.now() / 1000,
    platform: 'node',
    level,
    release: `holocron@${packageJson.version}`,
    environment,
    ...(route !== undefined && { transaction: `${method} ${route}` }),
    tags: { request_id, method, route, log: message },
    contexts: { runtime: { name: 'node', version: process.version } },
    // The outermost stands last.
    exception: { values: chainOf(error).toReversed().map(exceptionOf) },
  }
  const payload = JSON.stringify(event)
  const head = { event_id, sent_at: new Date().toISOString() }
  const item = { type: 'event', content_type: 'application/json', length: Buffer.byteLength(payload) }
  return `${JSON.stringify(head)}\n${JSON.stringify(item)}\n${payload}\n`
}

function exceptionOf(error: Error) {
  const { code } = error as { code?: unknown }
  const value = impersonal(error)
  return {
    type: error.name,
    value: typeof code === 'string' ? `${code}: ${value}` : value,
    stacktrace: { frames: framesOf(error) },
  }
}

function chainOf(error: Error): Error[] {
  const chain: Error[] = []
  for (let next: unknown = error; next instanceof Error && chain.length <= CAUSES_MAX; next = next.cause)
    chain.push(next)
  return chain
}
