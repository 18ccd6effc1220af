import type { Template } from '../template.ts'

declare module '#sql/outbox.ts' {
  interface MailTemplates {
    'passkey-removed': true
  }
}

export default { pages: ['/account/password'] } satisfies Template
