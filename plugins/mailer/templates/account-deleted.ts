import type { Template } from '../template.ts'

declare module '#sql/outbox.ts' {
  interface MailTemplates {
    'account-deleted': true
  }
}

export default { page: '/signup', accountGone: true } satisfies Template
