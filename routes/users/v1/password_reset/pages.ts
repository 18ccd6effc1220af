/** What a browser shows for the mailed link. */
import type { FastifyInstance } from 'fastify'
import { PASSWORD_MIN_LENGTH } from '#schemas/credentials.ts'

type HtmlTag = FastifyInstance['pages']['html']

const PROBLEMS: Record<string, string> = {
  'password-invalid': 'This password is not valid. It must meet the rule below.',
  'password-too-common': 'This password is too common. Please choose another one.',
}

/** Asks for the new password. Only posting the form consumes the token. */
export function formPage(html: HtmlTag, token: string, maxLength: number, problem = '') {
  return {
    title: 'Choose a new password',
    content: html`${problem && html`<p role="alert">${problem}</p>`}
    <form method="post" action="?">
      <input type="hidden" name="token" value="${token}">
      <label>New password
        <input type="password" name="new_password" autocomplete="new-password" required autofocus aria-describedby="rule">
      </label>
      <p id="rule">${PASSWORD_MIN_LENGTH} to ${maxLength} characters: at least an uppercase letter, a lowercase letter and a digit, no white space.</p>
      <button>Set my password</button>
    </form>`,
  }
}

/** Why the new password was rejected; undefined for any other error. */
export function problemOf(code: string): string | undefined {
  return PROBLEMS[code]
}

export function donePage(html: HtmlTag) {
  return {
    title: 'Your password was changed',
    content: html`<p>All devices were logged out. You can now log in with the new password.</p>`,
  }
}
