import type { Template } from '../template.ts'

declare module '#sql/outbox.ts' {
  interface MailTemplates {
    'made-administrator': true
  }
}

export default { page: '/forgot' } satisfies Template
