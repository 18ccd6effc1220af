import type { VaccinationCertificate } from '#schemas/vaccination-certificates.ts'
import type { Translate } from '../../../languages/index.ts'

/** What the thread draws: texts and pictures from top to bottom, as screen readers read them. */
export interface PdfContents {
  title: string
  author: string
  language: string
  parts: Part[]
}

export type Part = Line | { type: 'Figure'; alt: string; qr: string }

interface Line {
  /** The tag. */
  type: 'H1' | 'H2' | 'P'
  text: string
  /** Of the letters, and of the space below them: points. */
  size: number
  gap: number
}

interface Wording {
  t: Translate
  language: string
  /** Who issues it, for people. */
  author: string
}

export function pdfContents(certificate: VaccinationCertificate, { t, language, author }: Wording): PdfContents {
  const { first_name, last_name, issued, issuer, cards } = certificate
  const format = new Intl.DateTimeFormat(language, { dateStyle: 'long', timeZone: 'UTC' })
  const day = (text: string) => format.format(new Date(text))

  const dose = ({ vaccine_name, dose, given_on, centre, country, lot }: (typeof cards)[0]['vaccinations'][0]) => [
    line('H2', vaccine_name, 13),
    line('P', t('given', { dose, day: day(given_on) })),
    line('P', [`${centre}, ${country}`, lot && t('lot', { lot })].filter(Boolean).join(' · '), 11, 8),
  ]
  const picture = (qr: string | null): Part[] =>
    qr === null
      ? [line('P', t('qr.none'), 11, 14)]
      : [{ type: 'Figure', alt: t('qr'), qr }, line('P', t('qr.text'), 9, 14)]

  const parts = [
    line('H1', t('title'), 22, 6),
    line('P', `${first_name} ${last_name}`, 16, 6),
    line('P', t('issued', { name: author, time: day(issued) }), 11, 14),
    ...cards.flatMap(({ vaccinations, qr }) => [...vaccinations.flatMap(dose), ...picture(qr)]),
    line('P', t('note', { issuer }), 9),
  ]
  return { title: t('title'), author, language, parts }
}

const line = (type: Line['type'], text: string, size = 11, gap = 0): Line => ({ type, text, size, gap })
