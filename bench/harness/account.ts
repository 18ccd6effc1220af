/** An account that signs up, verifies its e-mail address and logs in. */
import { setTimeout as sleep } from 'node:timers/promises'

export interface Account {
  email: string
  password: string
}

export interface Tokens {
  token: string
  refresh_token: string
}

type Reachable = { url: string }

const MAIL_TIMEOUT_MS = 15_000
const ACCOUNT: Account = { email: 'bench@holocron.test', password: 'Bench-0f-Holocron' }

/** Signs up and opens the mailed link, so that the account can log in. */
export async function openAccount(service: Reachable, account = ACCOUNT): Promise<Account> {
  await post(service, '/users/v1/signup', account)
  const link = await mailedLink(service, account)
  const response = await fetch(`${service.url}${link.pathname}${link.search}`)
  if (response.status !== 200) throw new Error(`email_verification responded ${response.status}`)
  return account
}

/** Accounts for a load of logins: with one only, each login would soon end a session beyond SESSIONS_MAX. */
export async function openAccounts(service: Reachable, count: number): Promise<Account[]> {
  const accounts: Account[] = []
  for (let i = 0; i < count; i++)
    accounts.push(await openAccount(service, { ...ACCOUNT, email: `bench-${i}@holocron.test` }))
  return accounts
}

/** Opens a new session. */
export async function logIn(service: Reachable, { email, password }: Account): Promise<Tokens> {
  return (await post(service, '/users/v1/login', { email, password })) as Tokens
}

/** The request header of a new session. */
export async function bearer(service: Reachable, account: Account): Promise<{ authorization: string }> {
  const { token } = await logIn(service, account)
  return { authorization: `Bearer ${token}` }
}

async function mailedLink(service: Reachable, { email }: Account): Promise<URL> {
  const until = performance.now() + MAIL_TIMEOUT_MS
  const mailbox = `${service.url}/dev/mailbox?to=${encodeURIComponent(email)}`
  while (performance.now() < until) {
    const response = await fetch(mailbox, { headers: { accept: 'application/json' } })
    const { mails } = (await response.json()) as { mails: { text: string }[] }
    const link = mails[0]?.text.match(/https?:\/\/\S+email_verification\S+/)?.[0]
    if (link !== undefined) return new URL(link)
    await sleep(50)
  }
  throw new Error('the verification mail did not arrive')
}

async function post({ url }: Reachable, path: string, payload: object): Promise<unknown> {
  const response = await fetch(`${url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(payload),
  })
  const body = await response.text()
  if (response.status !== 200) throw new Error(`${path} responded ${response.status}: ${body}`)
  return JSON.parse(body)
}
