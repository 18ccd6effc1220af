import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { CertificateQuery, VaccinationCertificate } from '#schemas/vaccination-certificates.ts'

/** Bytes, sent without serialization. */
const file = (contentMediaType: string) => ({ schema: { type: 'string', contentMediaType } })

const routes: FastifyPluginAsyncTypebox = async app => {
  app.get(
    '',
    {
      config: { scopes: ['vaccinations:read'], errors: ['certificateNotFound', 'notFound'] },
      schema: {
        operationId: 'getVaccinationCertificate',
        tags: ['vaccinations'],
        summary: 'Get the vaccination certificate',
        description:
          'Signs the approved vaccinations as SMART Health Cards. They name the person and the vaccinations, never the ' +
          'national identification number. A card holds what one QR code does; where there are more vaccinations, there are ' +
          'more cards, each valid by itself. `VACCINATIONS_PDF_RATE_LIMIT_MAX` limits how often it is drawn as PDF.',
        querystring: CertificateQuery,
        response: {
          200: {
            description: 'The certificate, in the format that was asked for.',
            content: {
              'application/json': { schema: { $ref: `${VaccinationCertificate.$id}#` } },
              'application/pdf': file('application/pdf'),
              'application/smart-health-card': file('application/smart-health-card'),
              'image/svg+xml': file('image/svg+xml'),
              'image/png': file('image/png'),
            },
          },
        },
      },
    },
    async (request, reply) => {
      const { locale } = await app.users.get(request.user.user_id)
      const language = app.languages.choose(locale, request.headers['accept-language'])
      return app.vaccinations.sendCertificate(request, reply, request.query, language)
    },
  )
}

export default routes
