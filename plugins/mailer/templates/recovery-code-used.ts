import type { Template } from '../template.ts'

declare module '#sql/outbox.ts' {
  interface MailTemplates {
    'recovery-code-used': true
  }
}

export default { pages: ['/account/password'] } satisfies Template
