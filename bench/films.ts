/** The protected read, by callers of several kinds, against bare `node:http` and, where they were asked for, the peers. */
import type { Contestant } from './measure.ts'
import { expectStatus, FILMS, type Peer } from './peers.ts'
import { ask } from './processes.ts'
import { bearerOf, over, type Ratio, type Request, type Scenario, SERVICE, type Stage, startPeer } from './scenarios.ts'
import { type Captured, capture } from './service.ts'
import { serviceMint } from './tokens.ts'

const BARE = 'bare node:http'
const READERS = 64
/** Different tokens that take turns. */
const LIVE_TOKENS = 10_000
/** What the project reaches for: CPU against bare `node:http`, the textbook and the others. */
const REACH = { bare: 1.2, textbook: 2, others: 4 }

/** With a valid token: the whole answer. */
export async function films(stage: Stage): Promise<Scenario> {
  const answer = await read(stage)
  const bare = await startBare(stage, answer)
  return {
    name: 'films',
    connections: READERS,
    contestants: [
      reader(stage, SERVICE, stage.service.pid, async () => get(stage.service.url, answer.body, await bearerOf(stage))),
      reader(stage, BARE, bare.pid, async () => get(bare.url, answer.body, await bearerOf(stage))),
      ...stage.peers.map(peer =>
        reader(stage, peer.name, peer.pid, async () => get(peer.url, peer.body, peer.headers())),
      ),
    ],
    ratios: [overBare('films', REACH.bare), ...stage.peers.map(peer => underPeer('films', peer, true))],
  }
}

/** The same read by somebody who has the answer already. */
export async function filmsUnchanged(stage: Stage): Promise<Scenario> {
  const { etag } = await read(stage)
  const conditional = async () => ({ ...(await bearerOf(stage)), 'if-none-match': etag })
  const headers = await conditional()
  const answer = await capture(stage.service.url + FILMS, headers)
  expectStatus(answer, 304)
  const bare = await startBare(stage, answer)
  return {
    name: 'films 304',
    connections: READERS,
    contestants: [
      reader(stage, SERVICE, stage.service.pid, async () => get(stage.service.url, '', await conditional(), 304)),
      reader(stage, BARE, bare.pid, async () => get(bare.url, '', headers, 304)),
    ],
    ratios: [overBare('films 304', REACH.bare)],
  }
}

/** 10,000 callers take turns, each with a token of their own. */
export async function filmsManyTokens(stage: Stage): Promise<Scenario> {
  const kept = new Map<string, string[]>()
  return withTokens(stage, 'films, 10,000 tokens', (mint, name) => {
    const tokens = kept.get(name) ?? mint(LIVE_TOKENS)
    kept.set(name, tokens)
    return tokens
  })
}

/** Every token is seen for the first time, and has to be verified. */
export async function filmsNewTokens(stage: Stage): Promise<Scenario> {
  return withTokens(stage, 'films, new tokens', (mint, _name, amount) => mint(amount))
}

type Choice = (mint: (count: number) => string[], name: string, amount: number) => string[]

async function withTokens(stage: Stage, name: string, choose: Choice): Promise<Scenario> {
  const answer = await read(stage)
  const bare = await startBare(stage, answer)
  const mint = serviceMint(stage.keys)
  const peers = stage.peers.filter(peer => peer.mint)
  const contestants = [
    { name: SERVICE, pid: stage.service.pid, url: stage.service.url, body: answer.body, mint },
    { name: BARE, pid: bare.pid, url: bare.url, body: answer.body, mint },
    ...peers,
  ].map(({ name, pid, url, body, mint: own = mint }) =>
    reader(stage, name, pid, async amount => ({ ...get(url, body, {}), bearers: choose(own, name, amount) })),
  )
  return {
    name,
    connections: READERS,
    contestants,
    ratios: [overBare(name), ...peers.map(peer => underPeer(name, peer, false))],
  }
}

function reader(stage: Stage, name: string, pid: number, request: (amount: number) => Promise<Request>): Contestant {
  return over(stage, name, pid, READERS, request)
}

function get(url: string, body: string, headers: Record<string, string>, status = 200): Request {
  return { url: url + FILMS, method: 'GET', headers, expect: { status, body } }
}

async function read(stage: Stage): Promise<Captured> {
  const answer = await capture(stage.service.url + FILMS, await bearerOf(stage))
  expectStatus(answer, 200)
  return answer
}

async function startBare(stage: Stage, answer: Captured) {
  const peer = startPeer(stage, 'bare-node')
  const { port } = await ask<{ port: number }>(peer, answer)
  return { pid: peer.pid, url: `http://127.0.0.1:${port}` }
}

function overBare(scenario: string, atMost?: number): Ratio {
  const title = `${scenario}: CPU, service ÷ bare node:http`
  return { title, figure: 'cpuPerRequest', over: SERVICE, under: BARE, ...(atMost !== undefined && { atMost }) }
}

function underPeer(scenario: string, { name }: Peer, reaches: boolean): Ratio {
  const atLeast = name === 'textbook Fastify' ? REACH.textbook : REACH.others
  const title = `${scenario}: CPU, ${name} ÷ service`
  return { title, figure: 'cpuPerRequest', over: name, under: SERVICE, ...(reaches && { atLeast }) }
}
