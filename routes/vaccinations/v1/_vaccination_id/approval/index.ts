import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { ref } from '#schemas/ref.ts'
import { ApprovalRequest, Vaccination, VaccinationParams } from '#schemas/vaccinations.ts'

const routes: FastifyPluginAsyncTypebox = async app => {
  app.post(
    '',
    {
      config: {
        access: 'admin',
        stepUp: 'session',
        errors: ['notFound', 'ownVaccination', 'vaccinationDecided', 'vaccinationNotApproved'],
      },
      schema: {
        operationId: 'decideVaccination',
        tags: ['vaccinations'],
        summary: 'Approve or reject a vaccination, or withdraw its approval',
        description:
          'A vaccination is approved or rejected once. An approval that was a mistake can be withdrawn: that revokes all certificates of the user that were ' +
          'issued before. The user is told by e-mail. Only for administrators, and not about vaccinations of their own.',
        params: VaccinationParams,
        body: ref(ApprovalRequest),
        response: { 200: ref(Vaccination, 'The vaccination.') },
      },
    },
    async request => app.vaccinations.decide(request.params.vaccination_id, request.body, request),
  )
}

export default routes
