/** Which logins come from a device that an account was not used on before. Browser and operating system tell, whatever their versions: of a device there is no better mark in the history. */
import { BROWSER_MAP, OS_MAP, parse } from 'bowser'
import type { Kysely } from 'kysely'
import { hasLoggedInWith, listLoginAgents } from '#sql/audit-events.ts'
import type { Device } from '#sql/sessions.ts'
import type { Tables } from '#sql/tables.ts'
import type { User } from '#sql/users.ts'

/** Call it before the login is recorded. One look at an index unless the browser's exact version is new. */
export async function isNewDevice(tx: Kysely<Tables>, user: User, { user_agent }: Device): Promise<boolean> {
  // The first session is no news.
  if (user.last_login_at === null) return false
  if (await hasLoggedInWith(tx, user.id, user_agent)) return false
  const family = familyOf(user_agent)
  const earlier = await listLoginAgents(tx, user.id)
  return !earlier.some(agent => familyOf(agent) === family)
}

/** For the mail, as a list: browser, operating system, IP address. */
export function inWords({ user_agent, ip }: Device): string {
  const { browser, os } = namesIn(user_agent)
  const known = [browser, os].filter(name => name !== undefined)
  return [...(known.length > 0 ? known : ['an unknown device']), ...(ip ? [ip] : [])].join(', ')
}

/** Programs are told apart by the name that they begin with: `curl/8.5.0`. */
function familyOf(user_agent: string | null): string {
  const { browser, os } = namesIn(user_agent)
  return `${browser ?? user_agent?.split(/[/\s]/, 1)[0] ?? ''} ${os ?? ''}`
}

const browsers = new Set(Object.values(BROWSER_MAP))
const systems = new Set(Object.values(OS_MAP))

/** Names that the library has a list of. For others it takes a header's own words, which have no business in a mail. */
function namesIn(user_agent: string | null): { browser?: string | undefined; os?: string | undefined } {
  if (!user_agent) return {}
  const { browser, os } = parse(user_agent)
  return { browser: known(browsers, browser.name), os: known(systems, os.name) }
}

function known(names: Set<string>, name: string | undefined): string | undefined {
  return name !== undefined && names.has(name) ? name : undefined
}
