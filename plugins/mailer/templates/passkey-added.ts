import type { Template } from '../template.ts'

declare module '#sql/outbox.ts' {
  interface MailTemplates {
    'passkey-added': true
  }
}

export default { page: '/account/two-factor' } satisfies Template
