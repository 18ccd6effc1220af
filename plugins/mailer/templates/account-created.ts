import type { Template } from '../template.ts'

declare module '#sql/outbox.ts' {
  interface MailTemplates {
    'account-created': true
  }
}

/** Its details name the provider. */
export default { page: '/account/password' } satisfies Template
