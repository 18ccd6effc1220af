import type { Template } from '../template.ts'

declare module '#sql/outbox.ts' {
  interface MailTemplates {
    'totp-disabled': true
  }
}

export default { page: '/account/password' } satisfies Template
