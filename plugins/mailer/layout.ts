/** The parts that mail templates share. */
import { type Html, html } from '../http/pages/html.ts'
import type { MailContent, Template, TemplateContext } from './template.ts'

/** Long links wrap: unbroken, they make phones zoom out until nothing is legible. */
export function mailLayout(body: Html): string {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
</head>
<body style="font-family: sans-serif; line-height: 1.5; max-width: 36em; overflow-wrap: anywhere; word-break: break-word">
${body}
</body>
</html>
`.toString()
}

interface Notice {
  subject: string
  /** What happened to the account, without a full stop: the address of the service follows. */
  event: string
  /** What that means from now on. */
  details?: string
  /** What to do about it. */
  advice: string
}

/** A notice of something that happened to the account. It is sent whatever has changed since: its recipient must know. */
export function notice({ subject, event, details = '', advice }: Notice): Template {
  return {
    render: ({ link }): MailContent => ({
      subject,
      text: `${event} (${link})\n${details}\n\n${advice}\n`,
      html: mailLayout(html`<p>${event} (${link}). ${details}</p>
<p>${advice}</p>`),
    }),
  }
}

/** A reason to drop a mail that was meant for the mailbox the account had. */
export function emailHasChanged({ user, mail }: Pick<TemplateContext, 'user' | 'mail'>): string | undefined {
  return user.email === mail.recipient ? undefined : "the account's e-mail address has changed"
}
