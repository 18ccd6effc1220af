import type { Template } from '../template.ts'

declare module '#sql/outbox.ts' {
  interface MailTemplates {
    'recovery-code-used': true
  }
}

export default { page: '/account/password' } satisfies Template
