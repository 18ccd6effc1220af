import type { Template } from '../template.ts'

declare module '#sql/outbox.ts' {
  interface MailTemplates {
    'changed-by-admin': true
  }
}

export default { page: '/account' } satisfies Template
