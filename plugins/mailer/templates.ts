/** What the mails say, and to whom they still may be said. */

import type { OneTimeTokenPurpose } from '#sql/one-time-tokens.ts'
import type { Mail, MailTemplate } from '#sql/outbox.ts'
import type { User } from '#sql/users.ts'
import { type Html, html } from '../http/pages/html.ts'

export interface Content {
  subject: string
  text: string
  html: string
}

interface Values {
  /** Starts with `PUBLIC_URL`. Where the template has a token, its query carries one. */
  link: string
  /** How long the link works, in words. */
  lifetime: string
  /** Six digits that do what the link does, where the template has them. */
  code: string
}

export interface Template {
  /** Where the link leads, below `PUBLIC_URL`. */
  path: string
  /** What the link's one-time token is for; absent where the link needs none. */
  token?: OneTimeTokenPurpose
  /** Is there a code to be typed in besides the link? */
  code?: true
  /** The setting that says how long the link works. */
  lifetime: 'EMAIL_TOKEN_TTL_SECONDS' | 'RESET_TOKEN_TTL_SECONDS'
  /** Why nobody wants the mail any more, if that is so. */
  unwanted(user: User, mail: Mail): string | undefined
  render(values: Values): Content
}

export const templates: Record<MailTemplate, Template> = {
  'email-verification': {
    path: '/users/v1/email_verification',
    token: 'email-verification',
    lifetime: 'EMAIL_TOKEN_TTL_SECONDS',
    unwanted: (user, mail) =>
      moved(user, mail) ?? (user.email_verified ? 'the address is verified already' : undefined),
    render: ({ link, lifetime }) => ({
      subject: 'Verify your e-mail address',
      text: `Welcome to Holocron.

Please open this link to verify your e-mail address:

${link}

It works once, for ${lifetime}. If you did not sign up, you need not do anything.
`,
      html: document(html`<p>Welcome to Holocron.</p>
<p>Please open this link to verify your e-mail address:</p>
<p><a href="${link}">Verify my e-mail address</a></p>
<p>It works once, for ${lifetime}. If you did not sign up, you need not do anything.</p>
<p>If it cannot be clicked, copy it into your browser: ${link}</p>`),
    }),
  },

  'account-exists': {
    path: '/',
    lifetime: 'EMAIL_TOKEN_TTL_SECONDS',
    unwanted: moved,
    render: ({ link }) => ({
      subject: 'You already have an account',
      text: `Somebody, perhaps you, tried to sign up with this e-mail address at ${link}

It has an account there already, and nothing about it has changed. If it was you, log in instead.
If it was somebody else, you need not do anything: nobody was told that the account exists.
`,
      html: document(html`<p>Somebody, perhaps you, tried to sign up with this e-mail address at <a href="${link}">${link}</a>.</p>
<p>It has an account there already, and nothing about it has changed. If it was you, log in instead.</p>
<p>If it was somebody else, you need not do anything: nobody was told that the account exists.</p>`),
    }),
  },

  'email-change': {
    path: '/users/v1/email_verification',
    token: 'email-change',
    lifetime: 'EMAIL_TOKEN_TTL_SECONDS',
    // Whether the wish still stands, and the address is still free, compose.ts asks the database.
    unwanted: () => undefined,
    render: ({ link, lifetime }) => ({
      subject: 'Confirm your new e-mail address',
      text: `Somebody, perhaps you, wants this to be the e-mail address of their Holocron account.

Please open this link if it was you:

${link}

It works once, for ${lifetime}. Until then the old address stays. If it was not you, you need not do anything.
`,
      html: document(html`<p>Somebody, perhaps you, wants this to be the e-mail address of their Holocron account.</p>
<p>Please open this link if it was you:</p>
<p><a href="${link}">Confirm my new e-mail address</a></p>
<p>It works once, for ${lifetime}. Until then the old address stays. If it was not you, you need not do anything.</p>
<p>If it cannot be clicked, copy it into your browser: ${link}</p>`),
    }),
  },

  'email-change-notice': {
    path: '/',
    lifetime: 'EMAIL_TOKEN_TTL_SECONDS',
    // Sent even if the address has changed meanwhile: whoever had it is to know.
    unwanted: () => undefined,
    render: ({ link }) => ({
      subject: 'Your e-mail address is about to change',
      text: `Somebody, perhaps you, asked that your account at ${link}
get another e-mail address. It changes as soon as the link that was mailed there is opened.

If it was not you, change your password at once: that stops it.
`,
      html: document(html`<p>Somebody, perhaps you, asked that your account at <a href="${link}">${link}</a> get another e-mail address. It changes as soon as the link that was mailed there is opened.</p>
<p>If it was not you, change your password at once: that stops it.</p>`),
    }),
  },

  'password-forgotten': {
    path: '/users/v1/password_reset',
    token: 'password-reset',
    code: true,
    lifetime: 'RESET_TOKEN_TTL_SECONDS',
    unwanted: (user, mail) => moved(user, mail) ?? (user.disabled ? 'the account is disabled' : undefined),
    render: ({ link, lifetime, code }) => ({
      subject: 'Choose a new password',
      text: `Somebody, perhaps you, has forgotten the password of your Holocron account.

Please open this link to choose a new one:

${link}

Or type this code where you were asked for it: ${code}

Link and code work once, for ${lifetime}. Nobody who asks you for them is from Holocron.
If it was not you, you need not do anything: the password stays as it is.
`,
      html: document(html`<p>Somebody, perhaps you, has forgotten the password of your Holocron account.</p>
<p>Please open this link to choose a new one:</p>
<p><a href="${link}">Choose a new password</a></p>
<p>Or type this code where you were asked for it: <strong>${code}</strong></p>
<p>Link and code work once, for ${lifetime}. Nobody who asks you for them is from Holocron.</p>
<p>If it was not you, you need not do anything: the password stays as it is.</p>
<p>If the link cannot be clicked, copy it into your browser: ${link}</p>`),
    }),
  },

  'password-changed': {
    path: '/',
    lifetime: 'EMAIL_TOKEN_TTL_SECONDS',
    unwanted: () => undefined,
    render: ({ link }) => ({
      subject: 'Your password was changed',
      text: `The password of your account at ${link}
was changed just now, and every other device was logged out.

If it was not you, somebody else has your password or reads your mail: ask for a new password at once.
`,
      html: document(html`<p>The password of your account at <a href="${link}">${link}</a> was changed just now, and every other device was logged out.</p>
<p>If it was not you, somebody else has your password or reads your mail: ask for a new password at once.</p>`),
    }),
  },

  'passkey-added': notice(
    'A passkey was added to your account',
    'can be opened with a new passkey from now on, and every other device was logged out.',
    'If it was not you, somebody else has your password: remove the passkey, and change the password at once.',
  ),
  'passkey-removed': notice(
    'A passkey was removed from your account',
    'is no longer opened by one of its passkeys, and every other device was logged out.',
    'If it was not you, somebody else has your password: change it at once.',
  ),
  'totp-enabled': notice(
    'Logins now ask for your authenticator app',
    'asks for a one-time password at each login from now on, and every other device was logged out.',
    'If it was not you, somebody else has your password: ask for a new password at once, and tell the administrators.',
  ),
  'totp-disabled': notice(
    'Logins no longer ask for your authenticator app',
    'asks for no one-time password any more, and every other device was logged out.',
    'If it was not you, somebody else has your password: change it at once.',
  ),
  'recovery-code-used': notice(
    'A recovery code was used',
    'was opened, or changed, with one of its recovery codes. That code is used up.',
    'If it was not you, somebody else has your password and your recovery codes: change both at once.',
  ),
  'recovery-codes-low': notice(
    'You have two recovery codes left',
    'has only two recovery codes left.',
    'Make new ones while you can: the old ones are void then.',
  ),
  'recovery-codes-renewed': notice(
    'You have new recovery codes',
    'has ten new recovery codes, and the old ones are void.',
    'If it was not you, somebody else is in your account: change your password at once.',
  ),
  'second-factors-removed': notice(
    'Your second factors were removed',
    'asks for nothing but the password from now on, and every device was logged out: an administrator took its second factors away.',
    'If you did not ask for it, tell the administrators.',
  ),
}

/** Tells of what was done. Sent whatever has changed since: its reader is to know. */
function notice(subject: string, what: string, advice: string): Template {
  return {
    path: '/',
    lifetime: 'EMAIL_TOKEN_TTL_SECONDS',
    unwanted: () => undefined,
    render: ({ link }) => ({
      subject,
      text: `Your account at ${link}\n${what}\n\n${advice}\n`,
      html: document(html`<p>Your account at <a href="${link}">${link}</a> ${what}</p>
<p>${advice}</p>`),
    }),
  }
}

function moved(user: User, mail: Mail): string | undefined {
  return user.email === mail.recipient ? undefined : 'the account has another address now'
}

function document(body: Html): string {
  return html`<!doctype html>
<html lang="en">
<body style="font-family: sans-serif; line-height: 1.5; max-width: 36em">
${body}
</body>
</html>
`.toString()
}
