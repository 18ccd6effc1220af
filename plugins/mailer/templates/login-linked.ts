import type { Template } from '../template.ts'

declare module '#sql/outbox.ts' {
  interface MailTemplates {
    'login-linked': true
  }
}

/** Its details name the provider. */
export default { pages: ['/account/logins', '/account'] } satisfies Template
