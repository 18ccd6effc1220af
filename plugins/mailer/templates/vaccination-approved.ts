import type { Template } from '../template.ts'

declare module '#sql/outbox.ts' {
  interface MailTemplates {
    'vaccination-approved': true
  }
}

export default { page: '/account/vaccinations' } satisfies Template
