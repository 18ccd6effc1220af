/** Every mail in every language, as the service writes it. */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { FastifyInstance } from 'fastify'
import type { MailTemplate } from '#sql/outbox.ts'
import { contentWriter, type Occasion } from '../../plugins/mailer/content.ts'
import { loadTemplate } from '../../plugins/mailer/template.ts'

const FOLDER = join(import.meta.dirname, '../../plugins/mailer/templates')

export const MAIL_TEMPLATES = readdirSync(FOLDER).map(file => file.replace('.ts', '') as MailTemplate)

const OCCASION = {
  language: 'en',
  lifetimeSeconds: 86_400,
  account: 'ann@alderaan.com',
  details: 'passkeys, the authenticator app, recovery codes',
}

/** @param values instead of ordinary ones */
export async function sampleMail(app: FastifyInstance, template: MailTemplate, values: Partial<Occasion> = {}) {
  const { token, code, page } = await loadTemplate(template)
  const query = token ? '?token=Vx3_k9-QmA7tY2bLr8WcZ0eHdJ5nPfSgUiKoXaMqBwE' : ''
  const link = app.config.PUBLIC_URL + page + query
  return contentWriter(app)({
    ...OCCASION,
    template,
    link,
    code: code ? '123456' : '',
    ...(!token && { time: Date.UTC(2026, 10, 26, 17, 5) }),
    ...values,
  })
}

/** @yields each mail in each language */
export async function* sampleMails(app: FastifyInstance, values: Partial<Occasion> = {}) {
  for (const language of app.languages.available)
    for (const template of MAIL_TEMPLATES)
      yield { language, template, ...(await sampleMail(app, template, { ...values, language })) }
}
