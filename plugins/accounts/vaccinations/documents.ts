import { setImmediate as yieldToEventLoop } from 'node:timers/promises'
import type { FastifyInstance } from 'fastify'
import { errors } from '#schemas/errors.ts'
import type { CertificateQuery, VaccinationCertificate } from '#schemas/vaccination-certificates.ts'
import { type QrDrawing, qrDrawing, qrPng, qrSvg } from '../health-cards/qr.ts'
import { pdfContents } from './pdf/contents.ts'
import { drawPdf } from './pdf/index.ts'

interface CertificateDocument {
  type: string
  /** Of files that are kept; pictures are shown. */
  filename?: string
  body: string | Buffer
}

type App = Pick<FastifyInstance, 'config' | 'languages'>

/**
 * The certificate in one of its forms.
 * @throws notFound for a card that it does not have, or whose text is too long for a QR code
 */
export async function documentOf(
  { config, languages }: App,
  certificate: VaccinationCertificate,
  { format, card = 1 }: CertificateQuery,
  language: string,
): Promise<CertificateDocument> {
  switch (format) {
    case 'pdf': {
      const t = languages.translator(language, 'vaccination-certificate')
      const body = await drawPdf(pdfContents(certificate, { t, language, author: config.APP_NAME }))
      return { type: 'application/pdf', filename: 'vaccinations.pdf', body }
    }
    case 'svg':
      return { type: 'image/svg+xml', body: await qrSvg(qrOf(certificate, card)) }
    case 'png':
      return { type: 'image/png', body: await qrPng(qrOf(certificate, card)) }
    case 'card': {
      const verifiableCredential = certificate.cards.map(({ jws }) => jws)
      return {
        type: 'application/smart-health-card',
        filename: 'vaccinations.smart-health-card',
        body: JSON.stringify({ verifiableCredential }),
      }
    }
    default:
      return { type: 'application/json', body: JSON.stringify(certificate) }
  }
}

/** The QR code of each card. Each takes milliseconds of CPU: others come between. */
export async function qrCodesOf({ cards }: VaccinationCertificate): Promise<(QrDrawing | null)[]> {
  const codes: (QrDrawing | null)[] = []
  for (const { qr } of cards) {
    codes.push(qr ? await qrDrawing(qr) : null)
    await yieldToEventLoop()
  }
  return codes
}

function qrOf({ cards }: VaccinationCertificate, card: number): string {
  const qr = cards[card - 1]?.qr
  if (!qr) throw errors.notFound()
  return qr
}
