import type { Template } from '../template.ts'

declare module '#sql/outbox.ts' {
  interface MailTemplates {
    'password-changed': true
  }
}

export default { pages: ['/forgot'] } satisfies Template
