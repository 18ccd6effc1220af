import type { Template } from '../template.ts'

declare module '#sql/outbox.ts' {
  interface MailTemplates {
    'login-unlinked': true
  }
}

/** Its details name what was removed: perhaps what the owner signs in with. */
export default { page: '/forgot' } satisfies Template
