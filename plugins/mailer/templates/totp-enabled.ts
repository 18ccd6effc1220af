import { notice } from '../layout.ts'

declare module '#sql/outbox.ts' {
  interface MailTemplates {
    'totp-enabled': true
  }
}

export default notice({
  subject: 'Logins now ask for your authenticator app',
  event: 'Your authenticator app now protects your account',
  details: 'Each login asks for a one-time password from now on. All other devices were logged out.',
  advice:
    'If this was not you, somebody else knows your password: ask for a new password at once, where you log in, and contact the administrators.',
})
