import type { Template } from '../template.ts'

declare module '#sql/outbox.ts' {
  interface MailTemplates {
    'email-change-notice': true
  }
}

/** Sent to the old address even if it has changed meanwhile: its owner must know. Whoever asked may be signed in, so the way out is by mail. */
export default { page: '/forgot' } satisfies Template
