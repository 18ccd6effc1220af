import type { Template } from '../template.ts'

declare module '#sql/outbox.ts' {
  interface MailTemplates {
    'earlier-access-removed': true
  }
}

/** Its details list what was removed. */
export default { page: '/account' } satisfies Template
