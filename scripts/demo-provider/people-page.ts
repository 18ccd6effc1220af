/** What a provider knows about somebody. Providers disagree about the types of claims. */
export interface Person {
  name?: string
  email?: string
  email_verified?: boolean | string
  [claim: string]: unknown
}

const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }
const escaped = (text: string) => text.replaceAll(/[&<>"]/g, character => ENTITIES[character] ?? character)

/** The login page: one button for each person, and one to give up. */
export function peoplePage(client: string, people: Map<string, Person>): string {
  const buttons = [...people].map(
    ([sub, person]) =>
      `<p><button name="sub" value="${escaped(sub)}">${escaped(person.name ?? sub)}</button> ${escaped(describe(person))}</p>`,
  )
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Demo provider</title>
<h1>Demo provider</h1>
<p>Log in to ${escaped(client)} as:</p>
<form method="post">
${buttons.join('\n')}
<p><button name="sub" value="">Cancel</button></p>
</form>
</html>
`
}

function describe({ email, email_verified }: Person): string {
  if (email === undefined) return 'without an e-mail address'
  return `${email}, ${email_verified === true ? 'verified' : 'not verified'}`
}
