/** What all error responses have in common, checked in one place. */
import { STATUS_CODES } from 'node:http'
import type { LightMyRequestResponse } from 'fastify'
import type { Test } from 'tap'

/** On every response, errors included. */
const SECURITY_HEADERS: Record<string, string> = {
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
}

/** @param except headers that a page sets to other values */
export function expectSecurityHeaders(
  t: Test,
  headers: LightMyRequestResponse['headers'],
  except: string[] = [],
): void {
  const wanted = Object.entries(SECURITY_HEADERS).filter(([name]) => !except.includes(name))
  for (const [name, value] of wanted) if (headers[name] !== value) t.equal(headers[name], value, name)
}

/**
 * An error in the catalog's form: body, media type, and the headers of its status.
 * @param details expected in the response's `details`; without it there must be none
 */
export function expectError(
  t: Test,
  response: LightMyRequestResponse,
  statusCode: number,
  message: string,
  details?: Record<string, unknown>,
): void {
  const { headers } = response
  const expected = { status: 'error', statusCode, error: STATUS_CODES[statusCode], message }
  const body: unknown = headers['content-type']?.includes('json') ? response.json() : response.body
  t.equal(response.statusCode, statusCode, `${message}: ${response.body.slice(0, 200)}`)
  if (details) t.match(body, { ...expected, details })
  else t.same(body, expected)
  t.equal(headers['content-type'], 'application/json; charset=utf-8')
  t.equal(headers['cache-control'], 'no-store')
  t.match(headers['x-request-id'], /^[\w-]{10,}$/)
  expectSecurityHeaders(t, headers)
  t.equal(
    headers['www-authenticate'] !== undefined,
    statusCode === 401 || message === 'reauthentication-required',
    '401, and what a reauthentication cures, carries a challenge, and no other status',
  )
  if (statusCode === 429 || statusCode === 503) t.match(headers['retry-after'], /^\d+$/)
  t.notMatch(response.body, /\bat .*:\d+|node_modules|SELECT|INSERT|UPDATE/i, 'neither a stack nor SQL')
}
