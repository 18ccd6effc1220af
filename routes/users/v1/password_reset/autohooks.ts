import type { FastifyPluginAsync } from 'fastify'
import { formPage, problemOf } from './pages.ts'

const hooks: FastifyPluginAsync = async app => {
  const { html, serveForm } = app.pages
  await serveForm(app, (token, code) => {
    const problem = problemOf(code)
    return problem ? formPage(html, token, app.config.PASSWORD_MAX_LENGTH, problem) : undefined
  })
}

export default hooks
