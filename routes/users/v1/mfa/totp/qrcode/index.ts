import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { QrCode } from '#schemas/totp.ts'

const routes: FastifyPluginAsyncTypebox = async app => {
  app.get(
    '',
    {
      config: { beforeMfa: true, errors: ['notFound'] },
      schema: {
        operationId: 'getTotpQrCode',
        tags: ['second factors'],
        summary: 'The QR code of the secret that waits for its proof',
        response: { 200: { description: 'A PNG', content: { 'image/png': { schema: QrCode } } } },
      },
    },
    async (request, reply) => {
      const uri = await app.mfa.totp.pendingUri(request.user)
      return reply.type('image/png').send(await app.mfa.totp.qrCode(uri))
    },
  )
}

export default routes
