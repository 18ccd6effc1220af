/** The pages that the mailed link shows in a browser. */
import { layout } from '../../../../pages.ts'
import { escaped } from '../../../../schemas/html.ts'

/** Asks for the click that uses the token up. */
export function askingPage(token: string): string {
  return layout(
    'One click left',
    `<p>Confirm that this e-mail address is yours.</p>
    <form method="post" action="?"><input type="hidden" name="token" value="${escaped(token)}"><button>Confirm my address</button></form>`,
  )
}

export function donePage(): string {
  return layout('Your address is confirmed', '<p>You can log in now.</p>')
}
