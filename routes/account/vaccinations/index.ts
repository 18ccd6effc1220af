import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { Static } from '@sinclair/typebox'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { COUNTRIES } from '#schemas/countries.ts'
import { errors } from '#schemas/errors.ts'
import { ListQuery, PageQuery } from '#schemas/hosted-pages.ts'
import type { CertificateQuery } from '#schemas/vaccination-certificates.ts'
import { VaccinationForm } from '#schemas/vaccination-pages.ts'
import { VaccinationParams } from '#schemas/vaccinations.ts'
import { VACCINES } from '#schemas/vaccines.ts'

const PATH = '/account/vaccinations'

/** What a dose cannot be registered without. */
const REQUIRED = ['first_name', 'last_name', 'national_id'] as const

const routes: FastifyPluginAsyncTypebox = async app => {
  const { languages, pages, vaccinations } = app
  app.console.section({ path: PATH, topic: 'account/vaccinations', order: 65 })

  async function list({ user }: FastifyRequest, { cursor }: ListQuery = {}) {
    const page = { user_id: user.user_id, ...(cursor !== undefined && { cursor }) }
    const { results, next_cursor } = await vaccinations.list(page, user)
    const hasCertificate = await vaccinations.hasApproved(user.user_id)
    const data = { vaccinations: results, hasCertificate, cursor, next_cursor, here: { path: PATH } }
    return { name: 'account/vaccinations/list', data }
  }

  /** Errors of the pages below lead back to the list. */
  const toList = { errorPage: (_code: string, request: FastifyRequest) => list(request) }

  function form({ account }: FastifyRequest) {
    const missing = REQUIRED.filter(field => !account?.[field])
    return { name: 'account/vaccinations/form', data: { missing, vaccines: [...VACCINES], countries: COUNTRIES } }
  }

  app.get('', { schema: { querystring: ListQuery } }, async (request, reply) =>
    reply.page({ ...(await list(request, request.query)), live: { channels: ['vaccination'] } }),
  )

  app.get('/new', async (request, reply) => reply.page(form(request)))

  app.post(
    '/new',
    { config: { errorPage: (_code, request) => form(request) }, schema: { body: VaccinationForm } },
    async (request, reply) => {
      const { lot, dose, ...vaccination } = request.body
      await vaccinations.register({ ...vaccination, dose: Number(dose), ...(lot !== '' && { lot }) }, request)
      return reply.redirect(pages.urlOf(request, PATH, { done: 'registered' }), 303)
    },
  )

  const schema = { params: VaccinationParams }

  app.get('/:vaccination_id/deletion', { config: toList, schema }, async ({ params, user }, reply) => {
    const vaccination = await vaccinations.read(params.vaccination_id, user)
    if (vaccination.user_id !== user.user_id) throw errors.notFound()
    return reply.page('account/vaccinations/deletion', { vaccination })
  })

  app.post('/:vaccination_id/deletion', { config: toList, schema }, async (request, reply) => {
    await vaccinations.remove(request.params.vaccination_id, request)
    return reply.redirect(pages.urlOf(request, PATH, { done: 'deleted' }), 303)
  })

  app.get('/certificate', { config: toList }, async ({ user }, reply) => {
    const certificate = await vaccinations.certificate(user.user_id)
    // In the page: asked for by itself, a picture would be of a certificate issued anew.
    const qrCodes = await vaccinations.qrCodes(certificate)
    return reply.page('account/vaccinations/certificate', { certificate, qrCodes })
  })

  const fileOptions = { config: toList, schema: { querystring: PageQuery } }

  async function send(request: FastifyRequest, reply: FastifyReply, query: CertificateQuery) {
    const { lang } = request.query as Static<typeof PageQuery>
    const language = languages.choose(lang, request.locale, request.headers['accept-language'])
    return vaccinations.sendCertificate(request, reply, query, language)
  }

  app.get('/certificate/pdf', fileOptions, (request, reply) => send(request, reply, { format: 'pdf' }))

  app.get('/certificate/file', fileOptions, (request, reply) => send(request, reply, { format: 'card' }))
}

export default routes
