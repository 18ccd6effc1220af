import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { created, ref } from '#schemas/ref.ts'
import { Vaccination, VaccinationRequest, Vaccinations, VaccinationsQuery } from '#schemas/vaccinations.ts'

const routes: FastifyPluginAsyncTypebox = async app => {
  app.openapi.tag({
    name: 'vaccinations',
    description:
      'Register doses of vaccines, have them approved, and get a certificate that anybody can verify offline.',
  })

  app.get(
    '/',
    {
      config: { scopes: ['vaccinations:read'], errors: ['forbidden'] },
      schema: {
        operationId: 'listVaccinations',
        tags: ['vaccinations'],
        summary: 'List vaccinations',
        description:
          "Returns the user's own, newest first. Filters can be combined; with one, administrators get everybody's.",
        querystring: VaccinationsQuery,
        response: { 200: ref(Vaccinations, 'A page of vaccinations.') },
      },
    },
    async ({ query, user }) => app.vaccinations.list(query, user),
  )

  app.post(
    '/',
    {
      config: {
        scopes: ['vaccinations:write'],
        errors: ['profileIncomplete', 'vaccinationAlreadyExists', 'tooManyVaccinations', 'userNotFound'],
      },
      schema: {
        operationId: 'registerVaccination',
        tags: ['vaccinations'],
        summary: 'Register a vaccination',
        description:
          'It is pending until an administrator approves or rejects it. The profile must have first name, last name and ' +
          'national identification number: the vaccination keeps them as they are now. The same vaccine is registered once a day, ' +
          'unless an administrator has refused the earlier one.',
        body: ref(VaccinationRequest),
        response: { 201: created(Vaccination, 'The vaccination.') },
      },
    },
    async (request, reply) => {
      const vaccination = await app.vaccinations.register(request.body, request)
      reply.code(201).header('location', `${app.config.PUBLIC_URL}/vaccinations/v1/${vaccination.id}`)
      return vaccination
    },
  )
}

export default routes
