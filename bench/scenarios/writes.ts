/** Writes against the bare transactions they need. */
import { join } from 'node:path'
import type { Transactions } from '../baselines/bare-transactions.ts'
import { logIn } from '../harness/account.ts'
import { ARGON2 } from '../harness/argon2.ts'
import type { LoadResult, Request } from '../harness/load.ts'
import { ask } from '../harness/messages.ts'
import type { Run, Target } from '../harness/rounds.ts'
import { httpTarget, type Ratio, type Scenario, SERVICE, type Setup, startBaseline } from '../harness/scenario.ts'
import { temporaryFolder } from '../harness/teardown.ts'

const BARE = 'bare transaction'
const CONNECTIONS = 8
const GOAL = 0.7

/** `POST /users/v1/generate_tokens`: eight sessions, each always with its newest refresh token. */
export async function rotation(setup: Setup): Promise<Scenario> {
  const { service, account } = setup
  const sessions = await Promise.all(Array.from({ length: CONNECTIONS }, () => logIn(service, account)))
  const request: Request = {
    url: `${service.url}/users/v1/generate_tokens`,
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{}',
    expect: { status: 200, bodyContains: '"refresh_token":"' },
    refreshTokens: sessions.map(session => session.refresh_token),
  }
  const target = serviceTarget(setup, request)
  return {
    name: 'rotation',
    connections: CONNECTIONS,
    targets: [
      {
        ...target,
        run: async amount => {
          const result = (await target.run(amount)) as LoadResult
          request.refreshTokens = result.refreshTokens
          return result
        },
      },
      bare(setup, 'rotation'),
    ],
    ratios: ratios('rotation'),
  }
}

/** `POST /users/v1/signup`: a new account each time. The service sends the mails meanwhile. */
export async function signup(setup: Setup): Promise<Scenario> {
  const target = serviceTarget(setup, {
    url: `${setup.service.url}/users/v1/signup`,
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ email: '[<id>]@bench.example', password: setup.account.password }),
    uniqueBody: true,
    expect: { status: 200, body: '{"status":"ok"}' },
  })
  return {
    name: 'signup',
    connections: CONNECTIONS,
    targets: [target, bare(setup, 'signup')],
    ratios: ratios('signup'),
  }
}

function serviceTarget(setup: Setup, request: Request): Target {
  const { pid } = setup.service
  return httpTarget(setup, { name: SERVICE, pid, connections: CONNECTIONS }, async () => request)
}

function bare(setup: Setup, kind: Transactions['kind']): Target {
  const child = startBaseline(setup, 'bare-transactions', { UV_THREADPOOL_SIZE: String(ARGON2.threads) })
  const database = setup.database ?? `sqlite:${join(temporaryFolder(), 'bare.db')}`
  const work = (amount: number): Transactions => ({
    kind,
    database,
    amount,
    concurrency: CONNECTIONS,
    argon2: ARGON2,
  })
  return { name: BARE, pid: child.pid, run: amount => ask<Run>(child, work(amount), setup.seconds * 10 + 60) }
}

function ratios(name: string): Ratio[] {
  return [
    {
      title: `${name}: rate, service ÷ bare transaction`,
      metric: 'requestsPerSecond',
      numerator: SERVICE,
      denominator: BARE,
      atLeast: GOAL,
    },
    {
      title: `${name}: CPU, bare transaction ÷ service`,
      metric: 'cpuPerRequest',
      numerator: BARE,
      denominator: SERVICE,
    },
  ]
}
