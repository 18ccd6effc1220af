/** What a browser shows for the mailed link. */
import type { FastifyInstance } from 'fastify'

type HtmlTag = FastifyInstance['pages']['html']

const PROBLEMS: Record<string, string> = {
  'password-wrong': 'This is not the password of the account.',
  'too-many-attempts': 'There were too many attempts. Please wait a moment.',
}

/**
 * Its button consumes the token: mail scanners that follow links do not. The owner of a mailbox whose address somebody else typed at sign-up does not
 * know the password, and cannot confirm the account by accident.
 */
export function confirmPage(html: HtmlTag, token: string, problem = '') {
  return {
    title: 'Confirm your e-mail address',
    content: html`<p>Enter the password of your account to confirm that it is yours, and not that of somebody else who typed your address.</p>
    ${problem && html`<p role="alert">${problem}</p>`}
    <form method="post" action="?"><input type="hidden" name="token" value="${token}">
      <label>Password
        <input type="password" name="password" autocomplete="current-password" required autofocus>
      </label>
      <button>Confirm my address</button>
    </form>
    <p>If you have no account here, close this page: nothing happens.</p>`,
  }
}

/** Why the password was rejected; undefined for any other error. */
export function problemOf(code: string): string | undefined {
  return PROBLEMS[code]
}

export function donePage(html: HtmlTag) {
  return { title: 'Your address is confirmed', content: html`<p>You can log in now.</p>` }
}
