import type { Template } from '../template.ts'

declare module '#sql/outbox.ts' {
  interface MailTemplates {
    'new-device': true
  }
}

/** Its details name the browser, the operating system and the IP address. */
export default { page: '/account/devices' } satisfies Template
