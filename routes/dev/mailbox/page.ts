import { createHash } from 'node:crypto'
import type { FastifyInstance } from 'fastify'
import type { Mailbox } from '#schemas/mailbox.ts'

type HtmlTag = FastifyInstance['pages']['html']

const STYLE = `
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif }
body { max-width: 44rem; margin: 2rem auto; padding: 0 1rem }
article { margin: 1.5rem 0; padding: 0 1.25rem; border: 1px solid color-mix(in srgb, currentColor 25%, transparent); border-radius: .5rem }
h1 { font-size: 1.5rem } h2 { font-size: 1.1rem; margin-bottom: 0 }
header p { margin: 0; opacity: .7 }
pre { font: inherit; white-space: pre-wrap; overflow-wrap: anywhere }
`

/** Allows only this page's own style: no scripts, images, frames or forms. */
export const PAGE_HEADERS = {
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy': [
    "default-src 'none'",
    `style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'`,
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; '),
}

/** The development mailbox for browsers: each mail's text, with clickable links. */
export function mailboxPage(html: HtmlTag, { mails }: Mailbox): string {
  return html`<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Development mailbox</title>
<style>${STYLE}</style>
<h1>Development mailbox</h1>
<p>Without <code>SMTP_URL</code>, mails are kept here instead of being sent, until the process ends.</p>
${mails.length > 0 ? mails.map(mail => article(html, mail)) : html`<p>No mails yet. Sign up, then reload this page.</p>`}
</html>
`.toString()
}

function article(html: HtmlTag, { subject, to, text, sent_at }: Mailbox['mails'][number]) {
  return html`<article>
<header>
<h2>${subject}</h2>
<p>to ${to}, <time datetime="${sent_at}">${sent_at}</time></p>
</header>
<pre>${withLinks(html, text)}</pre>
</article>
`
}

/** The text with its URLs as links. */
function withLinks(html: HtmlTag, text: string) {
  return text
    .split(/(https?:\/\/[^\s<>"']+)/)
    .map((part, i) => (i % 2 === 1 ? html`<a href="${part}">${part}</a>` : part))
}
