/** The pages that the mailed link shows in a browser. */
import type { FastifyInstance } from 'fastify'

type HtmlTag = FastifyInstance['pages']['html']

const PROBLEMS: Record<string, string> = {
  'password-invalid':
    'That password does not do: it needs an upper-case letter, a lower-case letter and a digit, and no white space.',
  'password-too-common': 'That password is one of those that are guessed first. Please choose another.',
}

/** Asks for the new password. Nothing is consumed before the form is posted. */
export function askingPage(html: HtmlTag, token: string, maxLength: number, problem = '') {
  return {
    title: 'Choose a new password',
    content: html`${problem && html`<p role="alert">${problem}</p>`}
    <form method="post" action="?">
      <input type="hidden" name="token" value="${token}">
      <label>New password
        <input type="password" name="new_password" autocomplete="new-password" required autofocus aria-describedby="rule">
      </label>
      <p id="rule">8 to ${maxLength} characters: an upper-case letter, a lower-case letter and a digit at least, no white space.</p>
      <button>Set my password</button>
    </form>`,
  }
}

/** What was wrong with the password, where it was the password that was wrong. */
export function problemOf(code: string): string | undefined {
  return PROBLEMS[code]
}

export function donePage(html: HtmlTag) {
  return {
    title: 'Your password is changed',
    content: html`<p>All devices were logged out. You can log in with the new password now.</p>`,
  }
}
