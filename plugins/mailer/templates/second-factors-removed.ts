import { notice } from '../layout.ts'

declare module '#sql/outbox.ts' {
  interface MailTemplates {
    'second-factors-removed': true
  }
}

export default notice({
  subject: 'Your second factors were removed',
  event: 'An administrator removed the second factors of your account',
  details: 'Logins ask for nothing but the password from now on. All devices were logged out.',
  advice: 'If you did not ask for this, contact the administrators.',
})
