import type { Template } from '../template.ts'

declare module '#sql/outbox.ts' {
  interface MailTemplates {
    'password-changed': true
  }
}

/** The owner may not know the password any more. */
export default { page: '/forgot' } satisfies Template
