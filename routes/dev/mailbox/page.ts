import { createHash } from 'node:crypto'
import type { FastifyInstance } from 'fastify'
import type { Mailbox } from '#schemas/mailbox.ts'

type HtmlTag = FastifyInstance['pages']['html']

const STYLE = `
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif }
body { max-width: 72rem; margin: 1.5rem auto; padding: 0 1rem; overflow-wrap: anywhere }
article { margin: 1.5rem 0; border: 1px solid color-mix(in srgb, currentColor 25%, transparent); border-radius: .5rem; overflow: hidden }
header { padding: .75rem 1rem }
h1 { font-size: 1.5rem } h2 { font-size: 1.1rem; margin: 0 }
header p { margin: 0; opacity: .8 }
.parts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 22rem), 1fr)) }
iframe, pre { box-sizing: border-box; width: 100%; border: 0; border-top: 1px solid color-mix(in srgb, currentColor 25%, transparent) }
iframe { height: 34rem }
pre { margin: 0; padding: 1rem; font: .8rem/1.5 ui-monospace, monospace; white-space: pre-wrap }
`

/** Allows only this page's own style, and the mails in frames: no scripts, images or forms. */
export const PAGE_HEADERS = {
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy': [
    "default-src 'none'",
    `style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'`,
    "frame-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; '),
}

/** The development mailbox for browsers: each mail as HTML and as text, with clickable links. */
export function mailboxPage(html: HtmlTag, path: string, { mails }: Mailbox): string {
  return html`<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Development mailbox</title>
<style>${STYLE}</style>
<main>
<h1>Development mailbox</h1>
<p>Without <code>SMTP_URL</code>, mails are kept here instead of being sent, until the process ends.</p>
${mails.length > 0 ? mails.map(mail => article(html, path, mail)) : html`<p>No mails yet. Sign up, then reload this page.</p>`}
</main>
</html>
`.toString()
}

/** The mail's HTML can do nothing but open links in a tab of their own. */
function article(html: HtmlTag, path: string, { id, subject, to, text, sent_at }: Mailbox['mails'][number]) {
  return html`<article>
<header>
<h2>${subject}</h2>
<p>to ${to}, <time datetime="${sent_at}">${sent_at}</time></p>
</header>
<div class="parts">
<iframe title="${subject}" src="${path}/${id}" sandbox="allow-popups allow-popups-to-escape-sandbox" loading="lazy"></iframe>
<pre>${withLinks(html, text)}</pre>
</div>
</article>
`
}

/** The text with its URLs as links. */
function withLinks(html: HtmlTag, text: string) {
  return text
    .split(/(https?:\/\/[^\s<>"']+)/)
    .map((part, i) => (i % 2 === 1 ? html`<a href="${part}">${part}</a>` : part))
}
