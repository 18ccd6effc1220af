import { notice } from '../layout.ts'

declare module '#sql/outbox.ts' {
  interface MailTemplates {
    'email-changed-by-admin': true
  }
}

/** Sent to the old address and to the new one. */
export default notice({
  subject: 'Your e-mail address was changed',
  event: 'An administrator changed the e-mail address of your account',
  details: 'All devices were logged out. The password is the same as before.',
  advice: 'If you did not ask for this, contact the administrators.',
})
