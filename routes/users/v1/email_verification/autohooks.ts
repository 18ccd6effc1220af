import type { FastifyPluginAsync } from 'fastify'
import { confirmPage, problemOf } from './pages.ts'

const hooks: FastifyPluginAsync = async app => {
  const { html, serveForm } = app.pages
  await serveForm(app, (token, code) => {
    const problem = problemOf(code)
    return problem ? confirmPage(html, token, problem) : undefined
  })
}

export default hooks
