/** What is sent to whom, what must come back, and which ratios are drawn from it. */
import { deepStrictEqual } from 'node:assert'
import { join } from 'node:path'
import type { Load, LoadResult } from './generator.ts'
import type { Contestant, Run } from './measure.ts'
import type { Verifications } from './peers/raw-argon2.ts'
import { ask, cores, pinned, startNode } from './processes.ts'
import { type Account, type Captured, capture, logIn, type Service } from './service.ts'

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
  generator: Child
  /** URL of the real profile's database; the embedded one is the service's own. */
  database: string | undefined
  /** File for what peers print. */
  log: string
  /** Longest time for one run of one contestant: then it is cut short, or has failed. */
  enoughSeconds: number
  limitSeconds: number
}

type Request = Omit<Load, 'amount' | 'connections' | 'enoughSeconds' | 'limitSeconds'>
type Child = ReturnType<typeof startNode>

export const SERVICE = 'service'
const BARE = 'bare node:http'
const TEXTBOOK = 'textbook Fastify'
const RAW = 'raw argon2id'
const READERS = 64
export const SESSIONS = 8
const FILMS = '/films/v1/'

/** The protected read, with a valid token: the whole answer. */
export async function films(stage: Stage): Promise<Scenario> {
  const bearer = await bearerOf(stage)
  const answer = await capture(stage.service.url + FILMS, bearer)
  expectStatus(answer, 200)
  const bare = await startBare(stage, answer)
  const textbook = await startTextbook(stage, answer)
  const read = (url: string, headers: Record<string, string>, body: string): Request => ({
    url: url + FILMS,
    method: 'GET',
    headers,
    expect: { status: 200, body },
  })
  return {
    name: 'films',
    connections: READERS,
    contestants: [
      over(stage, SERVICE, stage.service.pid, READERS, async () =>
        read(stage.service.url, await bearerOf(stage), answer.body),
      ),
      over(stage, BARE, bare.pid, READERS, async () => read(bare.url, bearer, answer.body)),
      over(stage, TEXTBOOK, textbook.pid, READERS, async () => read(textbook.url, textbook.bearer, textbook.body)),
    ],
    ratios: [
      {
        title: 'films: CPU, service ÷ bare node:http',
        figure: 'cpuPerRequest',
        over: SERVICE,
        under: BARE,
        atMost: 1.35,
      },
      { title: 'films: CPU, textbook Fastify ÷ service', figure: 'cpuPerRequest', over: TEXTBOOK, under: SERVICE },
    ],
  }
}

/** The same read by somebody who has the answer already. */
export async function filmsUnchanged(stage: Stage): Promise<Scenario> {
  const { etag } = await capture(stage.service.url + FILMS, await bearerOf(stage))
  const conditional = async () => ({ ...(await bearerOf(stage)), 'if-none-match': etag })
  const headers = await conditional()
  const answer = await capture(stage.service.url + FILMS, headers)
  expectStatus(answer, 304)
  const bare = await startBare(stage, answer)
  const read = (url: string, headers: Record<string, string>): Request => ({
    url: url + FILMS,
    method: 'GET',
    headers,
    expect: { status: 304, body: '' },
  })
  return {
    name: 'films 304',
    connections: READERS,
    contestants: [
      over(stage, SERVICE, stage.service.pid, READERS, async () => read(stage.service.url, await conditional())),
      over(stage, BARE, bare.pid, READERS, async () => read(bare.url, headers)),
    ],
    ratios: [
      {
        title: 'films 304: CPU, service ÷ bare node:http',
        figure: 'cpuPerRequest',
        over: SERVICE,
        under: BARE,
        atMost: 1.35,
      },
    ],
  }
}

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
    ],
    ratios: [
      {
        title: 'login: CPU, raw argon2id ÷ service',
        figure: 'cpuPerRequest',
        over: RAW,
        under: SERVICE,
        atLeast: 0.9,
      },
      {
        title: 'login: rate, service ÷ raw argon2id',
        figure: 'requestsPerSecond',
        over: SERVICE,
        under: RAW,
        atLeast: 0.9,
      },
    ],
  }
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
  request: () => Promise<Request>,
): Contestant {
  return {
    name,
    pid,
    run: async amount => {
      const { enoughSeconds, limitSeconds } = stage
      const load: Load = { ...(await request()), connections, amount, enoughSeconds, limitSeconds }
      return ask<LoadResult>(stage.generator, load, limitSeconds + 10)
    },
  }
}

async function bearerOf({ service, account }: Stage): Promise<Record<string, string>> {
  const { token } = await logIn(service, account)
  return { authorization: `Bearer ${token}` }
}

export function startPeer(stage: Stage, name: string, env: Record<string, string> = {}): Child {
  const script = join(import.meta.dirname, 'peers', `${name}.ts`)
  return startNode({ script, core: cores.server, log: stage.log, env }, { talks: true })
}

async function startBare(stage: Stage, answer: Captured) {
  const peer = startPeer(stage, 'bare-node')
  const { port } = await ask<{ port: number }>(peer, answer)
  return { pid: peer.pid, url: `http://127.0.0.1:${port}` }
}

async function startTextbook(stage: Stage, { body }: Captured) {
  const peer = startPeer(stage, 'textbook')
  const { port, token } = await ask<{ port: number; token: string }>(peer, { answer: JSON.parse(body) })
  const url = `http://127.0.0.1:${port}`
  const bearer = { authorization: `Bearer ${token}` }
  const own = await capture(url + FILMS, bearer)
  expectStatus(own, 200)
  deepStrictEqual(JSON.parse(own.body), JSON.parse(body), 'the textbook route answers other films')
  const stranger = await capture(url + FILMS, { authorization: 'Bearer x' })
  expectStatus(stranger, 401)
  return { pid: peer.pid, url, bearer, body: own.body }
}

function expectStatus({ status, body }: Captured, expected: number): void {
  if (status !== expected) throw new Error(`${FILMS} answered ${status} instead of ${expected}: ${body}`)
}
