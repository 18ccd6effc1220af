import formbody from '@fastify/formbody'
import type { FastifyPluginAsync } from 'fastify'
import { confirmPage, problemOf } from './pages.ts'

const hooks: FastifyPluginAsync = async app => {
  const { pages } = app

  // The page's button posts a form.
  await app.register(formbody)
  // Browsers get a page for an error too; status and headers stay.
  app.addHook('onSend', async (request, reply, payload) => {
    if (reply.statusCode < 400 || !pages.wanted(request)) return payload
    return pages.render(reply, formAgain(request.body, payload) ?? pages.failed(reply.statusCode))
  })

  /** If only the password was rejected, the form is shown again: the token is still valid. */
  function formAgain(body: unknown, payload: unknown) {
    const { token } = (body ?? {}) as { token?: unknown }
    const problem = problemOf((JSON.parse(String(payload)) as { message: string }).message)
    if (typeof token !== 'string' || !problem) return undefined
    return confirmPage(pages.html, token, problem)
  }
}

export default hooks
