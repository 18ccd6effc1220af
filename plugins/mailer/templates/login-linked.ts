import type { Template } from '../template.ts'

declare module '#sql/outbox.ts' {
  interface MailTemplates {
    'login-linked': true
  }
}

/** Its details name the provider. */
export default { page: '/account/logins' } satisfies Template
