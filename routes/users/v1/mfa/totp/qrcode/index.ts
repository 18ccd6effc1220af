import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { QrCode } from '#schemas/totp.ts'

const routes: FastifyPluginAsyncTypebox = async app => {
  app.get(
    '',
    {
      config: { beforeMfa: true, stepUp: 'session', errors: ['notFound'] },
      schema: {
        operationId: 'getTotpQrCode',
        tags: ['second factors'],
        summary: 'Get the TOTP QR code',
        description: 'Returns the QR code of the secret that is waiting to be confirmed, as an image.',
        response: { 200: { description: 'The QR code as a PNG image.', content: { 'image/png': { schema: QrCode } } } },
      },
    },
    async (request, reply) => {
      const uri = await app.mfa.totp.pendingUri(request.user)
      return reply.type('image/png').send(await app.mfa.totp.qrCode(uri))
    },
  )
}

export default routes
