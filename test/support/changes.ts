/** Changes that cause events: those of contacts. */
import type { FastifyInstance } from 'fastify'
import { call } from './app.ts'

const check = (response: { statusCode: number; body: string }) => {
  if (response.statusCode >= 300) throw new Error(response.body)
}

/** @returns the subject of its events */
export async function createContact(app: FastifyInstance, user: { token: string; user_id: number }): Promise<string> {
  const response = await call(app, 'POST', '/contacts/v1/', { token: user.token, payload: { first_name: 'Leia' } })
  check(response)
  return `${user.user_id}/${response.json<{ id: string }>().id}`
}

/** @param subject a contact's */
export async function changeContact(
  app: FastifyInstance,
  { token }: { token: string },
  subject: string,
  notes: string,
) {
  const id = subject.split('/')[1]
  check(await call(app, 'PATCH', `/contacts/v1/${id}`, { token, payload: { notes } }))
}
