/** The token endpoint, as OAuth clients call it. */
import type { FastifyInstance } from 'fastify'
import { call } from './app.ts'

export const TOKEN = '/users/v1/token'
const FORM = { 'content-type': 'application/x-www-form-urlencoded' }

/** @param fields as an object, or as text */
export function postForm(
  app: FastifyInstance,
  fields: Record<string, string> | string,
  headers: Record<string, string> = {},
) {
  const payload = typeof fields === 'string' ? fields : new URLSearchParams(fields).toString()
  return call(app, 'POST', TOKEN, { payload, headers: { ...FORM, ...headers } })
}

/** As FastAPI's OAuth2 helper and Swagger UI send them. */
export const asForm = ({ email, password }: { email: string; password: string }) => ({
  grant_type: 'password',
  username: email,
  password,
})
