/** The pages that the mailed link shows in a browser. */
import type { FastifyInstance } from 'fastify'

type HtmlTag = FastifyInstance['pages']['html']

/** Asks for the click that consumes the token. */
export function askingPage(html: HtmlTag, token: string) {
  return {
    title: 'One click left',
    content: html`<p>Confirm that this e-mail address is yours.</p>
    <form method="post" action="?"><input type="hidden" name="token" value="${token}"><button>Confirm my address</button></form>`,
  }
}

export function donePage(html: HtmlTag) {
  return { title: 'Your address is confirmed', content: html`<p>You can log in now.</p>` }
}
