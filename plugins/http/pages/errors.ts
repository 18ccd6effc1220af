import formbody from '@fastify/formbody'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Failure } from './context.ts'

type Render = (request: FastifyRequest, reply: FastifyReply, failure: Failure) => Promise<string>

interface ErrorBody {
  message: string
  details?: { in?: string; field?: string; error?: unknown }
}

/** The routes of the scope accept forms, and answer browsers with a page when they fail. */
export async function showErrorsAsPages(
  scope: FastifyInstance,
  wanted: (request: FastifyRequest) => boolean,
  render: Render,
): Promise<void> {
  await scope.register(formbody)
  scope.addHook('onSend', async (request, reply, payload) => {
    if (reply.statusCode < 400 || !wanted(request)) return payload
    const { message: code, details } = JSON.parse(String(payload)) as ErrorBody
    const retryAfter = Number(reply.getHeader('retry-after'))
    return render(request, reply, {
      code,
      ...(details?.in === 'body' && details.field && { field: details.field }),
      ...(typeof details?.error === 'string' && { detail: details.error }),
      ...(retryAfter && { retryAfter }),
    })
  })
}
