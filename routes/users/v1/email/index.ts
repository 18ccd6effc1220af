import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Ok } from '#schemas/common.ts'
import { EmailChangeRequest } from '#schemas/email.ts'
import { ref } from '#schemas/ref.ts'

const routes: FastifyPluginAsyncTypebox = async app => {
  app.post(
    '',
    {
      config: {
        authLimit: true,
        stepUp: 'request',
        errors: ['emailInvalid', 'userAlreadyExists'],
      },
      schema: {
        operationId: 'changeEmail',
        tags: ['users'],
        summary: 'Change the email address',
        description:
          'Sends a link to the new address, and a notice to the current one. The change takes effect when the user opens ' +
          'the link and confirms; until then the current address stays in use. A new request invalidates the link of the ' +
          'previous one.',
        body: ref(EmailChangeRequest),
        response: { 200: ref(Ok, 'The link is on its way to the new address.') },
      },
    },
    async ({ user, body, client, stepUp }) => {
      await app.emailChanges.request(user, body.email, client, stepUp)
      return { status: 'ok' as const }
    },
  )

  app.delete(
    '',
    {
      config: { errors: ['notFound'] },
      schema: {
        operationId: 'cancelEmailChange',
        tags: ['users'],
        summary: 'Cancel the change of the email address',
        description:
          'The link that was sent to the new address stops working. Returns `not-found` if no change is pending: it was ' +
          'confirmed or canceled.',
        response: { 200: ref(Ok, 'The change is canceled.') },
      },
    },
    async ({ user, client }) => {
      await app.emailChanges.cancel(user, client)
      return { status: 'ok' as const }
    },
  )
}

export default routes
