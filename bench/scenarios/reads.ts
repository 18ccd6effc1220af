/** The protected read, `GET /films/v1/`, against bare `node:http` and, where they run, the peers. */
import { bearer } from '../harness/account.ts'
import { type Captured, capture } from '../harness/client.ts'
import type { Request } from '../harness/load.ts'
import { ask } from '../harness/messages.ts'
import { expectStatus, FILMS, type Peer } from '../harness/peers.ts'
import type { Target } from '../harness/rounds.ts'
import { httpTarget, type Ratio, type Scenario, SERVICE, type Setup, startBaseline } from '../harness/scenario.ts'
import { serviceMint } from '../harness/tokens.ts'

const BARE = 'bare node:http'
const CONNECTIONS = 64
const LIVE_TOKENS = 10_000
/** CPU time, service ÷ bare `node:http`, and peer ÷ service. */
const GOALS = { bare: 1.2, textbook: 2, others: 4 }

/** One valid token, full response. */
export async function films(setup: Setup): Promise<Scenario> {
  const { service, account, peers } = setup
  const response = await read(setup)
  const bare = await startBare(setup, response)
  const headers = () => bearer(service, account)
  return {
    name: 'films',
    connections: CONNECTIONS,
    targets: [
      target(setup, SERVICE, service.pid, async () => get(service.url, response.body, await headers())),
      target(setup, BARE, bare.pid, async () => get(bare.url, response.body, await headers())),
      ...peers.map(peer => target(setup, peer.name, peer.pid, async () => get(peer.url, peer.body, peer.headers()))),
    ],
    ratios: [
      { ...overBare('films'), atMost: GOALS.bare },
      ...peers.map(peer => ({
        ...overService('films', peer),
        atLeast: peer.name === 'textbook Fastify' ? GOALS.textbook : GOALS.others,
      })),
    ],
  }
}

/** The same with `If-None-Match`: 304. */
export async function filmsUnchanged(setup: Setup): Promise<Scenario> {
  const { service, account } = setup
  const { etag } = await read(setup)
  const conditional = async () => ({ ...(await bearer(service, account)), 'if-none-match': etag })
  const headers = await conditional()
  const response = await capture(service.url + FILMS, headers)
  expectStatus(response, 304)
  const bare = await startBare(setup, response)
  return {
    name: 'films 304',
    connections: CONNECTIONS,
    targets: [
      target(setup, SERVICE, service.pid, async () => get(service.url, '', await conditional(), 304)),
      target(setup, BARE, bare.pid, async () => get(bare.url, '', headers, 304)),
    ],
    ratios: [{ ...overBare('films 304'), atMost: GOALS.bare }],
  }
}

/** 10,000 callers in turn, each with a token of its own. */
export async function filmsManyTokens(setup: Setup): Promise<Scenario> {
  const cache = new Map<string, string[]>()
  return withTokens(setup, 'films, 10,000 tokens', (mint, name) => {
    const tokens = cache.get(name) ?? mint(LIVE_TOKENS)
    cache.set(name, tokens)
    return tokens
  })
}

/** Every token is seen for the first time, so its signature has to be verified. */
export async function filmsNewTokens(setup: Setup): Promise<Scenario> {
  return withTokens(setup, 'films, new tokens', (mint, _name, amount) => mint(amount))
}

type ChooseTokens = (mint: (count: number) => string[], name: string, amount: number) => string[]

async function withTokens(setup: Setup, name: string, choose: ChooseTokens): Promise<Scenario> {
  const { service, signer } = setup
  const { body } = await read(setup)
  const bare = await startBare(setup, await read(setup))
  const mint = serviceMint(signer)
  const peers = setup.peers.filter(peer => peer.mint !== undefined)
  const all = [
    { name: SERVICE, pid: service.pid, url: service.url, body, mint },
    { name: BARE, pid: bare.pid, url: bare.url, body, mint },
    ...peers,
  ]
  return {
    name,
    connections: CONNECTIONS,
    targets: all.map(({ name, pid, url, body, mint: own = mint }) =>
      target(setup, name, pid, async amount => ({ ...get(url, body, {}), bearers: choose(own, name, amount) })),
    ),
    ratios: [overBare(name), ...peers.map(peer => overService(name, peer))],
  }
}

function target(setup: Setup, name: string, pid: number, request: (amount: number) => Promise<Request>): Target {
  return httpTarget(setup, { name, pid, connections: CONNECTIONS }, request)
}

function get(url: string, body: string, headers: Record<string, string>, status = 200): Request {
  return { url: url + FILMS, method: 'GET', headers, expect: { status, body } }
}

async function read({ service, account }: Setup): Promise<Captured> {
  const response = await capture(service.url + FILMS, await bearer(service, account))
  expectStatus(response, 200)
  return response
}

async function startBare(setup: Setup, response: Captured) {
  const child = startBaseline(setup, 'bare-http')
  const { port } = await ask<{ port: number }>(child, response)
  return { pid: child.pid, url: `http://127.0.0.1:${port}` }
}

function overBare(scenario: string): Ratio {
  const title = `${scenario}: CPU, service ÷ bare node:http`
  return { title, metric: 'cpuPerRequest', numerator: SERVICE, denominator: BARE }
}

function overService(scenario: string, { name }: Peer): Ratio {
  const title = `${scenario}: CPU, ${name} ÷ service`
  return { title, metric: 'cpuPerRequest', numerator: name, denominator: SERVICE }
}
