/** The peers: other stacks that serve the same films, each a process of its own. */
import { deepStrictEqual } from 'node:assert'
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import type { Account } from './account.ts'
import { type Captured, capture } from './client.ts'
import { ask } from './messages.ts'
import { cores, startNode } from './processes.ts'
import type { Profile } from './profiles.ts'
import { type Mint, peerMint } from './tokens.ts'

export const FILMS = '/films/v1/'
export const BETTER_AUTH = 'better-auth'

/** File in peers/, and name in the tables. */
const PEERS = {
  textbook: 'textbook Fastify',
  express: 'Express',
  nest: 'NestJS',
  'better-auth': BETTER_AUTH,
} as const

export interface Peer {
  name: string
  pid: number
  url: string
  /** Body of its response. */
  body: string
  /** Credentials. */
  headers(): Record<string, string>
  /** Absent where a session is looked up for each request. */
  mint?: Mint
}

/**
 * Starts all peers, and checks that each sends the expected films with credentials, and 401 without.
 * @param films body of the service's response
 * @param log file for their output
 */
export async function startPeers(profile: Profile, account: Account, films: string, log: string): Promise<Peer[]> {
  const peers: Peer[] = []
  for (const [file, name] of Object.entries(PEERS)) {
    peers.push(await startPeer({ file, name, profile, account, films, log }))
  }
  return peers
}

interface PeerOptions {
  file: string
  name: string
  profile: Profile
  account: Account
  films: string
  log: string
}

async function startPeer({ file, name, profile, account, films, log }: PeerOptions): Promise<Peer> {
  const { DATABASE_URL: databaseUrl, REDIS_URL: redisUrl, REDIS_PREFIX: prefix } = profile.env
  const secret = randomBytes(32).toString('hex')
  const script = join(import.meta.dirname, '../peers', `${file}.js`)
  const child = startNode({ script, core: cores.server, log, env: { NODE_ENV: 'production' }, ipc: true })
  const question = { answer: JSON.parse(films), secret, databaseUrl, redisUrl, prefix, account }
  const { port, cookie } = await ask<{ port: number; cookie?: string }>(child, question)
  const url = `http://127.0.0.1:${port}`
  const mint = peerMint(secret)
  const headers = (): Record<string, string> => (cookie ? { cookie } : { authorization: `Bearer ${mint(1)[0]}` })
  const body = await check(name, url, headers(), films)
  return { name, pid: child.pid, url, body, headers, ...(!cookie && { mint }) }
}

async function check(name: string, url: string, headers: Record<string, string>, films: string): Promise<string> {
  const own = await capture(url + FILMS, headers)
  expectStatus(own, 200)
  deepStrictEqual(JSON.parse(own.body), JSON.parse(films), `${name} sends other films`)
  expectStatus(await capture(url + FILMS, { authorization: 'Bearer x' }), 401)
  return own.body
}

export function expectStatus({ status, body }: Captured, expected: number): void {
  if (status !== expected) throw new Error(`${FILMS} responded ${status} instead of ${expected}: ${body}`)
}
