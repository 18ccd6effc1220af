/** Registered applications. */
import type { FastifyInstance } from 'fastify'
import type { NewOAuthClient } from '#schemas/oauth-clients.ts'
import { administrator, NO_CLIENT } from './app.ts'

export const WEB: NewOAuthClient = { client_name: 'Holonet News', redirect_uris: ['https://news.example/callback'] }

/** It has no users: a program that calls others. */
export const SERVICE: NewOAuthClient = {
  client_name: 'Scanner',
  grant_types: ['client_credentials'],
  scope: 'films:read profile',
}

/** What the registry takes for the request of an administrator who has just authenticated again. */
export async function administratorRequest(app: FastifyInstance) {
  const { token } = await administrator(app)
  const user = app.tokens.access.verify(token)
  return { user, client: { ...NO_CLIENT, userId: user.user_id }, stepUp: null }
}
