import type { Template } from '../template.ts'

declare module '#sql/outbox.ts' {
  interface MailTemplates {
    'recovery-codes-low': true
  }
}

export default { page: '/account/two-factor' } satisfies Template
