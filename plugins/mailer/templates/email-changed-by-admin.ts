import type { Template } from '../template.ts'

declare module '#sql/outbox.ts' {
  interface MailTemplates {
    'email-changed-by-admin': true
  }
}

/** Sent to the old address and to the new one. */
export default { page: '/account' } satisfies Template
