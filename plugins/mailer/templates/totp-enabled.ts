import type { Template } from '../template.ts'

declare module '#sql/outbox.ts' {
  interface MailTemplates {
    'totp-enabled': true
  }
}

/** Only who has the app can sign in now. */
export default { page: '/forgot' } satisfies Template
