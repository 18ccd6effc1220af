import type { FastifyRequest } from 'fastify'

/** The form is of no more use. */
const FINAL = ['token-invalid', 'token-expired', 'login-method-taken']

/** What a browser shows for an error. */
export function errorPage(code: string, { body }: FastifyRequest) {
  if (FINAL.includes(code)) return { name: 'provider-email/failed', data: { languages: [] } }
  const { signup_token } = (body ?? {}) as { signup_token?: unknown }
  const here = typeof signup_token === 'string' && { here: { query: { signup_token } } }
  return { name: 'provider-email/form', data: { ...here } }
}
