/** Which logins come from a device that an account was not used on before. Browser and operating system tell, whatever their versions: of a device there is no better mark in the history. */
import type { Kysely } from 'kysely'
import { listAuditEvents } from '#sql/audit-events.ts'
import type { Device } from '#sql/sessions.ts'
import type { Tables } from '#sql/tables.ts'
import type { User } from '#sql/users.ts'
import { parseUserAgent } from '../sessions/user-agent.ts'

/** Latest logins to compare with. Most come from a device of the few before them, which are read first: every login pays for it. */
const LOGINS_MAX = 200
const LOGINS_FIRST = 10
/** Each takes about 0.1 ms to parse. */
const AGENTS_MAX = 50

/** Call it before the login is recorded. Without a login in the history, as before the first one, no device counts as new. */
export async function isNewDevice(db: Kysely<Tables>, user_id: User['id'], { user_agent }: Device): Promise<boolean> {
  const latestAgents = async (limit: number) =>
    new Set((await listAuditEvents(db, { user_id, kind: 'logged-in' }, limit)).map(login => login.user_agent))
  if ((await latestAgents(LOGINS_FIRST)).has(user_agent)) return false
  const agents = await latestAgents(LOGINS_MAX)
  if (agents.size === 0 || agents.has(user_agent)) return false
  const family = familyOf(user_agent)
  return ![...agents].slice(0, AGENTS_MAX).some(agent => familyOf(agent) === family)
}

/** For the mail, as a list: browser, operating system, IP address. */
export function inWords({ user_agent, ip }: Device): string {
  const { browser, os } = parseUserAgent(user_agent)
  const names = [browser?.name, os?.name].filter(name => name !== undefined)
  return [...(names.length > 0 ? names : ['an unknown device']), ...(ip ? [ip] : [])].join(', ')
}

/** Programs are told apart by the name that they begin with: `curl/8.5.0`. */
function familyOf(user_agent: string | null): string {
  const { browser, os } = parseUserAgent(user_agent)
  return `${browser?.name ?? user_agent?.split(/[/\s]/, 1)[0] ?? ''} ${os?.name ?? ''}`
}
