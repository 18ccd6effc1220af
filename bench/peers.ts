/** The peers: who else could have been asked for the films, each a process of its own, installed when they are first wanted. */
import { deepStrictEqual } from 'node:assert'
import { spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { ask, cores, startNode } from './processes.ts'
import { type Account, type Captured, capture, type Profile } from './service.ts'
import { type Mint, peerMint } from './tokens.ts'

const FOLDER = join(import.meta.dirname, 'peers')
export const FILMS = '/films/v1/'
export const BETTER_AUTH = 'better-auth'

/** File in peers/, and its name in the tables. */
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
  /** What it answers. */
  body: string
  /** What lets the caller in. */
  headers(): Record<string, string>
  /** Absent where a session is looked up each time, whether it was seen before or not. */
  mint?: Mint
}

/** Installs them into their folder, from their own lock, where that has not been done. */
export function installPeers(): void {
  if (existsSync(join(FOLDER, 'node_modules'))) return
  console.log('npm ci in bench/peers: some 220 packages, only for the bench')
  // npm's neighbour, so that it runs on this Node.
  const env = { ...process.env, PATH: `${dirname(process.execPath)}:${process.env.PATH}` }
  const { status } = spawnSync('npm', ['ci', '--no-audit', '--no-fund'], { cwd: FOLDER, env, stdio: 'inherit' })
  if (status !== 0) throw new Error('npm ci in bench/peers failed')
}

/**
 * Starts all of them and sees that each sends these films to who may have them, and to nobody else.
 * @param log file for what they print
 */
export async function startPeers(profile: Profile, account: Account, films: string, log: string): Promise<Peer[]> {
  const peers: Peer[] = []
  for (const [file, name] of Object.entries(PEERS)) peers.push(await startPeer(file, name))
  return peers

  async function startPeer(file: string, name: string): Promise<Peer> {
    const { DATABASE_URL: databaseUrl, REDIS_URL: redisUrl, REDIS_PREFIX: prefix } = profile.env
    if (redisUrl === undefined) throw new Error('the peers need MySQL and Redis: --real')
    const secret = randomBytes(32).toString('hex')
    const child = startNode(
      { script: join(FOLDER, `${file}.js`), core: cores.server, log, env: { NODE_ENV: 'production' } },
      { talks: true },
    )
    const question = { answer: JSON.parse(films), secret, databaseUrl, redisUrl, prefix, account }
    const { port, cookie } = await ask<{ port: number; cookie?: string }>(child, question)
    const url = `http://127.0.0.1:${port}`
    const mint = peerMint(secret)
    const headers = (): Record<string, string> => (cookie ? { cookie } : { authorization: `Bearer ${mint(1)[0]}` })
    return {
      name,
      pid: child.pid,
      url,
      body: await check(name, url, headers(), films),
      headers,
      ...(!cookie && { mint }),
    }
  }
}

async function check(name: string, url: string, headers: Record<string, string>, films: string): Promise<string> {
  const own = await capture(url + FILMS, headers)
  expectStatus(own, 200)
  deepStrictEqual(JSON.parse(own.body), JSON.parse(films), `${name} answers other films`)
  expectStatus(await capture(url + FILMS, { authorization: 'Bearer x' }), 401)
  return own.body
}

export function expectStatus({ status, body }: Captured, expected: number): void {
  if (status !== expected) throw new Error(`${FILMS} answered ${status} instead of ${expected}: ${body}`)
}
