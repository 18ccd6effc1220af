import type { TemplateContext } from './template.ts'

/** A reason to drop a mail that was meant for the mailbox the account had. */
export function emailHasChanged({ user, mail }: Pick<TemplateContext, 'user' | 'mail'>): string | undefined {
  return user.email === mail.recipient ? undefined : "the account's e-mail address has changed"
}
