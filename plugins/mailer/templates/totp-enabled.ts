import type { Template } from '../template.ts'

declare module '#sql/outbox.ts' {
  interface MailTemplates {
    'totp-enabled': true
  }
}

export default { pages: ['/forgot'] } satisfies Template
