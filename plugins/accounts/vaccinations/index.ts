// app.vaccinations: doses that users register and administrators approve, and the certificate of those that are approved.
import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import { errors } from '#schemas/errors.ts'
import type { CertificateQuery, VaccinationCertificate } from '#schemas/vaccination-certificates.ts'
import type { Vaccination, Vaccinations, VaccinationsQuery } from '#schemas/vaccinations.ts'
import type { User } from '#sql/users.ts'
import { findVaccination, listVaccinations, type VaccinationFilter } from '#sql/vaccinations.ts'
import type { AccessClaims } from '../../auth/tokens/claims.ts'
import { timeOf } from '../audit-events.ts'
import type { QrDrawing } from '../health-cards/qr.ts'
import { issueCertificate } from './certificate.ts'
import { type VaccinationChanges, vaccinationChanges } from './changes.ts'
import { serialize } from './serialize.ts'

type Reader = Pick<AccessClaims, 'user_id' | 'access_role' | 'scope'>

declare module 'fastify' {
  interface FastifyInstance {
    vaccinations: VaccinationChanges & {
      /** A page of the reader's own, newest first; of everybody's, if an administrator filters. @throws forbidden for another user's, requestInvalid */
      list(query: VaccinationsQuery, reader: Reader): Promise<Vaccinations>
      /** One of the reader's own; any, for an administrator. @throws notFound */
      read(id: string, reader: Reader): Promise<Vaccination>
      /** Would there be anything in a certificate? */
      hasApproved(userId: User['id']): Promise<boolean>
      /** Issues the certificate anew. @throws certificateNotFound */
      certificate(userId: User['id']): Promise<VaccinationCertificate>
      /** The QR code of each of its cards; null for a card that has none. */
      qrCodes(certificate: VaccinationCertificate): Promise<(QrDrawing | null)[]>
      /**
       * Responds with the caller's certificate in one of its forms.
       * @throws certificateNotFound; notFound for a card that it does not have; tooManyRequests beyond VACCINATIONS_PDF_RATE_LIMIT_MAX
       */
      sendCertificate(
        request: FastifyRequest,
        reply: FastifyReply,
        query: CertificateQuery,
        language: string,
      ): Promise<FastifyReply>
    }
  }
}

/** Loaded by the first certificate. */
const loadDocuments = () => import('./documents.ts')

/** Rows of the export, which becomes one JSON text. */
const EXPORTED_MAX = 1000

export default fp(
  async app => {
    const { db, limits } = app
    const countPdf = limits.perUser('VACCINATIONS_PDF_RATE_LIMIT_MAX')
    app.decorate('vaccinations', {
      ...vaccinationChanges(app),
      list: lister(app),
      async read(id, reader) {
        const vaccination = await findVaccination(db, { id, user_id: seesAll(reader) ? undefined : reader.user_id })
        if (!vaccination) throw errors.notFound()
        return serialize(vaccination)
      },
      hasApproved: async user_id => (await listVaccinations(db, { user_id, status: 'approved' }, 1)).length > 0,
      certificate: userId => issueCertificate(app, userId),
      qrCodes: async certificate => (await loadDocuments()).qrCodesOf(certificate),
      async sendCertificate(request, reply, query, language) {
        if (query.format === 'pdf') await countPdf(request)
        const certificate = await issueCertificate(app, request.user.user_id)
        const { documentOf } = await loadDocuments()
        const { type, filename, body } = await documentOf(app, certificate, query, language)
        if (filename !== undefined) reply.header('content-disposition', `attachment; filename="${filename}"`)
        return reply.type(type).header('cache-control', 'no-store').send(body)
      },
    })
    app.personalData.add('vaccinations', async user_id =>
      (await listVaccinations(db, { user_id }, EXPORTED_MAX)).map(serialize),
    )
  },
  {
    name: 'vaccinations',
    dependencies: [
      'changes',
      'config',
      'db',
      'health-cards',
      'languages',
      'pagination',
      'personal-data',
      'rate-limits',
    ],
  },
)

/** An application that an administrator has given access sees that administrator's own: nobody gave it those of all users. */
function seesAll({ access_role, scope }: Reader): boolean {
  return access_role === 'admin' && scope === undefined
}

function lister({ db, pagination }: FastifyInstance): FastifyInstance['vaccinations']['list'] {
  return async (query, reader) => {
    const { limit, after } = pagination.read(query)
    const rows = await listVaccinations(db, filterOf(query, reader), limit + 1, after)
    const { results, next_cursor } = pagination.cut(rows, limit, row => row.id)
    return { results: results.map(serialize), next_cursor }
  }
}

function filterOf({ user_id, status, from, to }: VaccinationsQuery, reader: Reader): VaccinationFilter {
  const filtered = [user_id, status, from, to].some(value => value !== undefined)
  const own = reader.user_id
  if (!seesAll(reader) && user_id !== undefined && user_id !== own) throw errors.forbidden()
  return {
    user_id: filtered && seesAll(reader) ? user_id : own,
    status,
    from: from === undefined ? undefined : timeOf('from', from),
    to: to === undefined ? undefined : timeOf('to', to),
  }
}
