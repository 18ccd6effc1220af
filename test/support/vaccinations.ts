/** People with doses, and administrators who approve them. */
import type { FastifyInstance } from 'fastify'
import type { Vaccination, VaccinationRequest } from '#schemas/vaccinations.ts'
import { call, type LoggedIn, logIn } from './app.ts'

export const PERSON = { first_name: 'Leia', last_name: 'Organa', national_id: 'AL-1138' }

export const DOSE: VaccinationRequest = {
  vaccine: '208',
  dose: 1,
  given_on: '2025-05-25',
  centre: 'Aldera Medical Center',
  lot: 'AL1138',
  country: 'NO',
}

/** Says who the token's user is. */
export async function fillIn(app: FastifyInstance, token: string, profile: object = PERSON): Promise<void> {
  const { user_id } = app.tokens.access.verify(token)
  const response = await call(app, 'PATCH', `/users/v1/${user_id}`, { token, payload: profile })
  if (response.statusCode !== 200) throw new Error(`profile not saved: ${response.body}`)
}

/** A new user who may register doses. */
export async function person(app: FastifyInstance, profile: object = PERSON): Promise<LoggedIn> {
  const user = await logIn(app)
  await fillIn(app, user.token, profile)
  return user
}

/** Each dose on a day of its own, unless it says when it was given. */
export async function register(
  app: FastifyInstance,
  token: string,
  { dose = DOSE.dose, ...more }: Partial<VaccinationRequest> = {},
): Promise<Vaccination> {
  const given_on = `2025-05-${24 + dose}`
  const response = await call(app, 'POST', '/vaccinations/v1/', {
    token,
    payload: { ...DOSE, dose, given_on, ...more },
  })
  if (response.statusCode !== 201) throw new Error(`not registered: ${response.body}`)
  return response.json<Vaccination>()
}

export function decide(app: FastifyInstance, token: string, id: string, payload: object = { decision: 'approved' }) {
  return call(app, 'POST', `/vaccinations/v1/${id}/approval`, { token, payload })
}

/** A registered dose that the administrator has approved. */
export async function approved(
  app: FastifyInstance,
  { token }: { token: string },
  administrator: { token: string },
  dose: Partial<VaccinationRequest> = {},
): Promise<Vaccination> {
  const { id } = await register(app, token, dose)
  const response = await decide(app, administrator.token, id)
  if (response.statusCode !== 200) throw new Error(`not approved: ${response.body}`)
  return response.json<Vaccination>()
}
