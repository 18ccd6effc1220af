import type { Template } from '../template.ts'

declare module '#sql/outbox.ts' {
  interface MailTemplates {
    'recovery-codes-low': true
  }
}

export default { pages: ['/account/two-factor', '/account'] } satisfies Template
