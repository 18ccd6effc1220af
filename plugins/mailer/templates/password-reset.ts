import type { Template } from '../template.ts'

declare module '#sql/outbox.ts' {
  interface MailTemplates {
    'password-reset': true
  }
}

/** The owner may not know the new password. */
export default { page: '/forgot' } satisfies Template
