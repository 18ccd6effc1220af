import { createHash } from 'node:crypto'
import { escaped } from '../../../schemas/html.ts'
import type { Mailbox } from '../../../schemas/mailbox.ts'

const STYLE = `
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif }
body { max-width: 44rem; margin: 2rem auto; padding: 0 1rem }
article { margin: 1.5rem 0; padding: 0 1.25rem; border: 1px solid color-mix(in srgb, currentColor 25%, transparent); border-radius: .5rem }
h1 { font-size: 1.5rem } h2 { font-size: 1.1rem; margin-bottom: 0 }
header p { margin: 0; opacity: .7 }
pre { font: inherit; white-space: pre-wrap; overflow-wrap: anywhere }
`

/** Nothing is allowed but this page's own style: no script, image, frame or form. */
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

/** The development mailbox for browsers: each mail's text, its links to be clicked. */
export function mailboxPage({ mails }: Mailbox): string {
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Development mailbox</title>
<style>${STYLE}</style>
<h1>Development mailbox</h1>
<p>Mails that would leave by SMTP, were <code>SMTP_URL</code> set. They are gone when the process ends.</p>
${mails.map(article).join('\n') || '<p>No mails yet. Sign up, then reload this page.</p>'}
</html>
`
}

function article({ subject, to, text, sent_at }: Mailbox['mails'][number]): string {
  return `<article>
<header>
<h2>${escaped(subject)}</h2>
<p>to ${escaped(to)}, <time datetime="${escaped(sent_at)}">${escaped(sent_at)}</time></p>
</header>
<pre>${withLinks(escaped(text))}</pre>
</article>`
}

/** Makes links of the URLs in a text that is escaped already, so that none can end its attribute. */
function withLinks(text: string): string {
  return text.replace(/https?:\/\/[^\s<>"']+/g, url => `<a href="${url}">${url}</a>`)
}
