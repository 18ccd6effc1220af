import type { Template } from '../template.ts'

declare module '#sql/outbox.ts' {
  interface MailTemplates {
    'recovery-codes-renewed': true
  }
}

export default { page: '/account/password' } satisfies Template
