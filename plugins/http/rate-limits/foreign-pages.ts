import type { onRequestHookHandler } from 'fastify'
import { errors } from '#schemas/errors.ts'
import type { Config } from '../../config/index.ts'
import { parseOrigins } from '../../config/origins.ts'

const SAFE = ['GET', 'HEAD', 'OPTIONS']

/**
 * Any page can have its visitors' browsers send requests, by forms and pictures, and so use up what their owners may still try. Only somebody who follows
 * a link gets here from another site, or a page of CORS_ORIGINS or COOKIE_ORIGINS.
 * @see https://www.w3.org/TR/fetch-metadata/
 */
export function rejectForeign({ CORS_ORIGINS, COOKIE_ORIGINS }: Config): onRequestHookHandler {
  const listed = new Set([...parseOrigins(CORS_ORIGINS), ...parseOrigins(COOKIE_ORIGINS)])

  return ({ headers, method }, _reply, done) => {
    const isForeign = headers['sec-fetch-site'] === 'cross-site' && !listed.has(headers.origin ?? '')
    const { 'sec-fetch-mode': mode, 'sec-fetch-dest': destination = 'document' } = headers
    const followsLink = SAFE.includes(method) && mode === 'navigate' && destination === 'document'
    done(isForeign && !followsLink ? errors.crossSite() : undefined)
  }
}
