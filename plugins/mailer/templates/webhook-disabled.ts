import type { Template } from '../template.ts'

declare module '#sql/outbox.ts' {
  interface MailTemplates {
    'webhook-disabled': true
  }
}

/** Its details are the URL of the webhook. */
export default { page: '/admin' } satisfies Template
