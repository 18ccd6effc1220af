/** The service under test: started on its own, with an account that went the whole way from sign-up to login. */
import { randomBytes } from 'node:crypto'
import { request } from 'node:http'
import { join, resolve } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { cores, freePort, startNode, stop, temporaryFolder } from './processes.ts'

/** Where the service keeps its data: environment variables that choose it. */
export interface Profile {
  name: 'embedded' | 'real'
  env: Record<string, string>
}

export interface Service {
  url: string
  pid: number
  /** To be asked, where it was started with something that answers. */
  child: ReturnType<typeof startNode>
  stop: () => Promise<void>
}

export interface Account {
  email: string
  password: string
}

export interface Tokens {
  token: string
  refresh_token: string
}

/** An answer as it came over the wire, for a peer that sends the same. */
export interface Captured {
  status: number
  /** Name and value in turn, without the three that `node:http` adds by itself. */
  headers: string[]
  body: string
  etag: string
  keepAliveMs: number
}

export interface ServiceOptions {
  profile: Profile
  script?: string
  /** Both cores for the start-up times, one for everything else. */
  core?: string
  nodeOptions?: string[]
  /** Node options load something into it that answers questions. */
  talks?: boolean
  /** Its data, kept from one start to the next. */
  folder?: string
}

const START_LIMIT_MS = 30_000
const MAIL_LIMIT_MS = 15_000
const account: Account = { email: 'bench@holocron.test', password: 'Bench-0f-Holocron' }

/**
 * Starts the service and waits for `GET /health/live`. Its limits are on, only out of the load's reach; its log is written to a file, at the default level.
 * @returns the service, and how many milliseconds passed from starting the process to the first answer
 */
export async function startService(options: ServiceOptions): Promise<Service & { startMs: number }> {
  const folder = options.folder ?? temporaryFolder()
  const log = join(folder, 'service.log')
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const script = resolve(options.script ?? join(import.meta.dirname, '..', 'server.ts'))
  const started = performance.now()
  const child = startNode(
    {
      script,
      // As `npm start` and the image have it.
      nodeOptions: [
        '--max-semi-space-size=4',
        '--import',
        join(import.meta.dirname, '..', 'scripts/preload.js'),
        ...(options.nodeOptions ?? []),
      ],
      core: options.core ?? cores.server,
      // A folder without an .env: what the bench does not set is at its default.
      folder,
      log,
      env: {
        HOST: '127.0.0.1',
        PORT: String(port),
        DATA_DIR: folder,
        DATABASE_URL: `sqlite:${join(folder, 'holocron.db')}`,
        RATE_LIMIT_MAX: '1000000000',
        AUTH_RATE_LIMIT_MAX: '1000000000',
        ACCOUNT_ATTEMPTS_MAX: '1000000000',
        ADDRESS_ATTEMPTS_MAX: '1000000000',
        ...options.profile.env,
      },
    },
    { talks: options.talks ?? false },
  )
  while (!(await isLive(url))) {
    const late = performance.now() - started > START_LIMIT_MS
    if (child.exitCode !== null || late) throw new Error('the service did not start')
    await pause(2)
  }
  return { url, pid: child.pid, child, stop: () => stop(child), startMs: performance.now() - started }
}

function isLive(url: string): Promise<boolean> {
  return new Promise(answered => {
    request(`${url}/health/live`, { agent: false }, response => {
      response.resume().once('end', () => answered(response.statusCode === 200))
    })
      .once('error', () => answered(false))
      .end()
  })
}

/** Sign-up, the mailed link, so that the account can log in. */
export async function openAccount(service: Service): Promise<Account> {
  await post(service, '/users/v1/signup', account)
  const link = await mailedLink(service)
  const response = await fetch(`${service.url}${link.pathname}${link.search}`)
  if (response.status !== 200) throw new Error(`email_verification answered ${response.status}`)
  return account
}

async function mailedLink(service: Service): Promise<URL> {
  const until = performance.now() + MAIL_LIMIT_MS
  const mailbox = `${service.url}/dev/mailbox?to=${encodeURIComponent(account.email)}`
  while (performance.now() < until) {
    const response = await fetch(mailbox, { headers: { accept: 'application/json' } })
    const { mails } = (await response.json()) as { mails: { text: string }[] }
    const link = mails[0]?.text.match(/https?:\/\/\S+email_verification\S+/)?.[0]
    if (link !== undefined) return new URL(link)
    await pause(50)
  }
  throw new Error('the verification mail did not come')
}

/** A new session. */
export async function logIn(service: Service, { email, password }: Account): Promise<Tokens> {
  return (await post(service, '/users/v1/login', { email, password })) as Tokens
}

async function post(service: Service, path: string, body: object): Promise<unknown> {
  const response = await fetch(`${service.url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  const answer = await response.text()
  if (response.status !== 200) throw new Error(`${path} answered ${response.status}: ${answer}`)
  return JSON.parse(answer)
}

/** One GET over a kept-alive connection, as the load generator's are, with the answer's headers in their order and case. */
export function capture(url: string, headers: Record<string, string>): Promise<Captured> {
  return new Promise((captured, failed) => {
    request(url, { headers: { ...headers, connection: 'keep-alive' }, agent: false }, response => {
      let body = ''
      response.setEncoding('utf8').on('data', chunk => {
        body += chunk
      })
      response.once('end', () =>
        captured({
          status: response.statusCode ?? 0,
          headers: withoutAutomatic(response.rawHeaders),
          body,
          etag: response.headers.etag ?? '',
          keepAliveMs: Number(/timeout=(\d+)/.exec(String(response.headers['keep-alive']))?.[1] ?? 0) * 1000,
        }),
      )
    })
      .once('error', failed)
      .end()
  })
}

function withoutAutomatic(rawHeaders: string[]): string[] {
  const automatic = new Set(['date', 'connection', 'keep-alive', 'transfer-encoding'])
  return rawHeaders.filter((_, index) => !automatic.has(rawHeaders[index - (index % 2)]?.toLowerCase() ?? ''))
}

/** The embedded profile: nothing but a folder. */
export function embedded(): Profile {
  return { name: 'embedded', env: { SECRET: randomBytes(32).toString('base64url') } }
}
