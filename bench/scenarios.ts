/** What is sent to whom, what must come back, and which ratios are drawn from it. */
import { join } from 'node:path'
import type { Load, LoadResult } from './generator.ts'
import type { Contestant, Run } from './measure.ts'
import type { Verifications } from './peers/raw-argon2.ts'
import { BETTER_AUTH, type Peer } from './peers.ts'
import { ask, cores, pinned, startNode } from './processes.ts'
import { type Account, logIn, type Service } from './service.ts'
import type { Keys } from './tokens.ts'

export interface Ratio {
  title: string
  figure: 'cpuPerRequest' | 'requestsPerSecond'
  over: string
  under: string
  /** What the project reaches for. */
  atMost?: number
  atLeast?: number
}

export interface Scenario {
  name: string
  connections: number
  contestants: Contestant[]
  ratios: Ratio[]
}

/** What scenarios are made from. */
export interface Stage {
  service: Service
  account: Account
  /** What the service signs with. */
  keys: Keys
  /** Started, or none. */
  peers: Peer[]
  generator: Child
  /** URL of the real profile's database; the embedded one is the service's own. */
  database: string | undefined
  /** File for what peers print. */
  log: string
  /** Longest time for one run of one contestant: then it is cut short, or has failed. */
  enoughSeconds: number
  limitSeconds: number
}

export type Request = Omit<Load, 'amount' | 'connections' | 'enoughSeconds' | 'limitSeconds'>
export type Child = ReturnType<typeof startNode>

export const SERVICE = 'service'
const RAW = 'raw argon2id'
export const SESSIONS = 8

/** E-mail and password against the hash, and a new session each time. */
export async function login(stage: Stage): Promise<Scenario> {
  const raw = startPeer(stage, 'raw-argon2', { UV_THREADPOOL_SIZE: String(argon2.threads) })
  const request: Request = {
    url: `${stage.service.url}/users/v1/login`,
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ email: stage.account.email, password: stage.account.password }),
    expect: { status: 200, bodyContains: '"refresh_token":"' },
  }
  const verifications = (amount: number): Verifications => ({ ...argon2, amount, atOnce: SESSIONS })
  return {
    name: 'login',
    connections: SESSIONS,
    contestants: [
      over(stage, SERVICE, stage.service.pid, SESSIONS, async () => request),
      { name: RAW, pid: raw.pid, run: amount => ask<Run>(raw, verifications(amount), stage.limitSeconds) },
      ...stage.peers.filter(peer => peer.name === BETTER_AUTH).map(peer => signIn(stage, peer)),
    ],
    ratios: [
      {
        title: 'login: CPU, raw argon2id ÷ service',
        figure: 'cpuPerRequest',
        over: RAW,
        under: SERVICE,
        atLeast: 0.95,
      },
      {
        title: 'login: rate, service ÷ raw argon2id',
        figure: 'requestsPerSecond',
        over: SERVICE,
        under: RAW,
        atLeast: 0.95,
      },
    ],
  }
}

/** better-auth's own, with scrypt instead of argon2id. */
function signIn(stage: Stage, { name, pid, url }: Peer): Contestant {
  return over(stage, name, pid, SESSIONS, async () => ({
    url: `${url}/api/auth/sign-in/email`,
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ email: stage.account.email, password: stage.account.password }),
    expect: { status: 200, bodyContains: '"token":"' },
  }))
}

/** Refresh tokens exchanged for the next ones, each connection with a session of its own. */
export async function rotation(stage: Stage): Promise<Scenario> {
  const sessions = await Promise.all(Array.from({ length: SESSIONS }, () => logIn(stage.service, stage.account)))
  const request: Request = {
    url: `${stage.service.url}/users/v1/generate_tokens`,
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{}',
    expect: { status: 200, bodyContains: '"refresh_token":"' },
    refreshTokens: sessions.map(session => session.refresh_token),
  }
  const rotate = over(stage, SERVICE, stage.service.pid, SESSIONS, async () => request)
  return {
    name: 'rotation',
    connections: SESSIONS,
    contestants: [
      {
        ...rotate,
        run: async amount => {
          const result = (await rotate.run(amount)) as LoadResult
          request.refreshTokens = result.refreshTokens
          return result
        },
      },
    ],
    ratios: [],
  }
}

/** The parameters of DESIGN's defaults, given to the service and to the raw verification alike. */
export const argon2 = {
  memoryKib: 19_456,
  iterations: 2,
  parallelism: 1,
  threads: pinned ? 1 : 2,
}

/** A contestant that is reached over HTTP by the load generator. The request is made anew for each run, so that no token grows old. */
export function over(
  stage: Stage,
  name: string,
  pid: number,
  connections: number,
  request: (amount: number) => Promise<Request>,
): Contestant {
  return {
    name,
    pid,
    run: async amount => {
      const { enoughSeconds, limitSeconds } = stage
      const load: Load = { ...(await request(amount)), connections, amount, enoughSeconds, limitSeconds }
      return ask<LoadResult>(stage.generator, load, limitSeconds + 10)
    },
  }
}

export async function bearerOf({ service, account }: Stage): Promise<Record<string, string>> {
  const { token } = await logIn(service, account)
  return { authorization: `Bearer ${token}` }
}

export function startPeer(stage: Stage, name: string, env: Record<string, string> = {}): Child {
  const script = join(import.meta.dirname, 'peers', `${name}.ts`)
  return startNode({ script, core: cores.server, log: stage.log, env }, { talks: true })
}
