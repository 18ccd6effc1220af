/** What writes, against the bare transaction that it needs. */
import { join } from 'node:path'
import type { Contestant, Run } from './measure.ts'
import type { Transactions } from './peers/bare-transactions.ts'
import { ask, temporaryFolder } from './processes.ts'
import { argon2, over, rotation, type Scenario, SERVICE, SESSIONS, type Stage, startPeer } from './scenarios.ts'

const BARE = 'bare transaction'
const AT_LEAST = 0.7

function bare(stage: Stage, kind: Transactions['kind']): Contestant {
  const peer = startPeer(stage, 'bare-transactions', { UV_THREADPOOL_SIZE: String(argon2.threads) })
  const database = stage.database ?? `sqlite:${join(temporaryFolder(), 'bare.db')}`
  const work = (amount: number): Transactions => ({ kind, database, amount, atOnce: SESSIONS, argon2 })
  return { name: BARE, pid: peer.pid, run: amount => ask<Run>(peer, work(amount), stage.limitSeconds) }
}

function ratios(name: string): Scenario['ratios'] {
  const rate = { title: `${name}: rate, service ÷ bare transaction`, figure: 'requestsPerSecond' as const }
  return [
    { ...rate, over: SERVICE, under: BARE, atLeast: AT_LEAST },
    { title: `${name}: CPU, bare transaction ÷ service`, figure: 'cpuPerRequest', over: BARE, under: SERVICE },
  ]
}

/** The rotation of scenarios.ts, beside its two statements. */
export async function rotationAgainstBare(stage: Stage): Promise<Scenario> {
  const scenario = await rotation(stage)
  return { ...scenario, contestants: [...scenario.contestants, bare(stage, 'rotation')], ratios: ratios('rotation') }
}

/** A new account each time. The service mails it too: its outbox is worked off meanwhile. */
export async function signup(stage: Stage): Promise<Scenario> {
  const request = {
    url: `${stage.service.url}/users/v1/signup`,
    method: 'POST' as const,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ email: '[<id>]@bench.example', password: stage.account.password }),
    uniqueBody: true,
    expect: { status: 200, body: '{"status":"ok"}' },
  }
  const service = over(stage, SERVICE, stage.service.pid, SESSIONS, async () => request)
  return {
    name: 'signup',
    connections: SESSIONS,
    contestants: [service, bare(stage, 'signup')],
    ratios: ratios('signup'),
  }
}
