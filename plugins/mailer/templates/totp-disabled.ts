import { notice } from '../layout.ts'

declare module '#sql/outbox.ts' {
  interface MailTemplates {
    'totp-disabled': true
  }
}

export default notice({
  subject: 'Logins no longer ask for your authenticator app',
  event: 'Your authenticator app no longer protects your account',
  details: 'Logins do not ask for a one-time password any more. All other devices were logged out.',
  advice: 'If this was not you, somebody else knows your password: change it at once.',
})
