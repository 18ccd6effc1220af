/** What a browser shows for the mailed link. */
import type { FastifyInstance } from 'fastify'

type HtmlTag = FastifyInstance['pages']['html']

/** Its button consumes the token: mail scanners that follow links do not. */
export function confirmPage(html: HtmlTag, token: string) {
  return {
    title: 'Confirm your e-mail address',
    content: html`<p>One click confirms that this e-mail address is yours.</p>
    <form method="post" action="?"><input type="hidden" name="token" value="${token}"><button>Confirm my address</button></form>`,
  }
}

export function donePage(html: HtmlTag) {
  return { title: 'Your address is confirmed', content: html`<p>You can log in now.</p>` }
}
