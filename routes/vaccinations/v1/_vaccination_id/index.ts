import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Ok } from '#schemas/common.ts'
import { ref } from '#schemas/ref.ts'
import { Vaccination, VaccinationParams } from '#schemas/vaccinations.ts'

const routes: FastifyPluginAsyncTypebox = async app => {
  app.get(
    '',
    {
      config: { scopes: ['vaccinations:read'], errors: ['notFound'] },
      schema: {
        operationId: 'getVaccination',
        tags: ['vaccinations'],
        summary: 'Get a vaccination',
        description: "One of the user's own. Administrators get anybody's.",
        params: VaccinationParams,
        response: { 200: ref(Vaccination, 'The vaccination.') },
      },
    },
    async ({ params, user }) => app.vaccinations.read(params.vaccination_id, user),
  )

  app.delete(
    '',
    {
      config: { scopes: ['vaccinations:write'], errors: ['notFound', 'userNotFound'] },
      schema: {
        operationId: 'deleteVaccination',
        tags: ['vaccinations'],
        summary: 'Delete a vaccination',
        description:
          "One of the user's own. If it was approved, all certificates that were issued before are revoked; the next one is without it.",
        params: VaccinationParams,
        response: { 200: ref(Ok, 'The vaccination is deleted.') },
      },
    },
    async request => {
      await app.vaccinations.remove(request.params.vaccination_id, request)
      return { status: 'ok' as const }
    },
  )
}

export default routes
