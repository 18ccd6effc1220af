import type { Template } from '../template.ts'

declare module '#sql/outbox.ts' {
  interface MailTemplates {
    'email-changed': true
  }
}

/** To the address that was in use until then. */
export default { page: '/account' } satisfies Template
