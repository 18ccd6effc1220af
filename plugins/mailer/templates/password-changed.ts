import { notice } from '../layout.ts'

declare module '#sql/outbox.ts' {
  interface MailTemplates {
    'password-changed': true
  }
}

export default notice({
  subject: 'Your password was changed',
  event: 'The password of your account was changed',
  details: 'All other devices were logged out.',
  advice:
    'If this was not you, somebody else knows your password or reads your mail: ask for a new password at once, where you log in.',
})
