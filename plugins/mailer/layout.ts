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
<meta name="color-scheme" content="light dark">
</head>
<body style="font-family: sans-serif; line-height: 1.5; max-width: 36em; overflow-wrap: anywhere; word-break: break-word">
${body}
</body>
</html>
`.toString()
}

const BUTTON =
  'display: inline-block; padding: .6em 1.4em; border-radius: .4em; background: #1f5eff; color: #fff; text-decoration: none'

/** A link to act on, and the same as text for mail readers that show no links. */
export function button(link: string, label: string): Html {
  return html`<p><a href="${link}" style="${BUTTON}">${label}</a></p>
<p>If you cannot click it, copy this into your browser: ${link}</p>`
}

interface Notice {
  subject: string
  /** What happened to the account, without a full stop: the name of the service follows. */
  event: string
  /** What that means from now on. */
  details?: string
  /** What to do about it. */
  advice: string
}

/** A notice of something that happened to the account. It is sent whatever has changed since: its recipient must know. */
export function notice({ subject, event, details = '', advice }: Notice): Template {
  return {
    render: ({ service }): MailContent => ({
      subject,
      text: `${[`${event} (${service}).`, details].filter(Boolean).join(' ')}\n\n${advice}\n`,
      html: mailLayout(html`<p>${event} (${service}). ${details}</p>
<p>${advice}</p>`),
    }),
  }
}

/** A reason to drop a mail that was meant for the mailbox the account had. */
export function emailHasChanged({ user, mail }: Pick<TemplateContext, 'user' | 'mail'>): string | undefined {
  return user.email === mail.recipient ? undefined : "the account's e-mail address has changed"
}
