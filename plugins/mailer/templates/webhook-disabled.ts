import type { Template } from '../template.ts'

declare module '#sql/outbox.ts' {
  interface MailTemplates {
    'webhook-disabled': true
  }
}

/** Its details are the URL of the webhook. The link leads on to the webhook's page. */
export default { page: '/signin' } satisfies Template
