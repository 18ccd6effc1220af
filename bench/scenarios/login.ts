/** `POST /users/v1/login` against raw argon2id verifications and, where it runs, better-auth's sign-in (scrypt). */
import type { Verifications } from '../baselines/raw-argon2.ts'
import { ARGON2 } from '../harness/argon2.ts'
import type { Request } from '../harness/load.ts'
import { ask } from '../harness/messages.ts'
import { BETTER_AUTH } from '../harness/peers.ts'
import type { Run } from '../harness/rounds.ts'
import { httpTarget, type Scenario, SERVICE, type Setup, startBaseline } from '../harness/scenario.ts'

const RAW = 'raw argon2id'
const CONNECTIONS = 8
const GOAL = 0.95

export async function login(setup: Setup): Promise<Scenario> {
  const raw = startBaseline(setup, 'raw-argon2', { UV_THREADPOOL_SIZE: String(ARGON2.threads) })
  const work = (amount: number): Verifications => ({ ...ARGON2, amount, concurrency: CONNECTIONS })
  const signIn = (url: string, token: string): Request => ({
    url,
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(setup.account),
    expect: { status: 200, bodyContains: `"${token}":"` },
  })
  const service = { name: SERVICE, pid: setup.service.pid, connections: CONNECTIONS }
  return {
    name: 'login',
    connections: CONNECTIONS,
    targets: [
      httpTarget(setup, service, async () => signIn(`${setup.service.url}/users/v1/login`, 'refresh_token')),
      { name: RAW, pid: raw.pid, run: amount => ask<Run>(raw, work(amount), setup.seconds * 10 + 60) },
      ...setup.peers
        .filter(({ name }) => name === BETTER_AUTH)
        .map(({ name, pid, url }) =>
          httpTarget(setup, { name, pid, connections: CONNECTIONS }, async () =>
            signIn(`${url}/api/auth/sign-in/email`, 'token'),
          ),
        ),
    ],
    ratios: [
      {
        title: 'login: CPU, raw argon2id ÷ service',
        metric: 'cpuPerRequest',
        numerator: RAW,
        denominator: SERVICE,
        atLeast: GOAL,
      },
      {
        title: 'login: rate, service ÷ raw argon2id',
        metric: 'requestsPerSecond',
        numerator: SERVICE,
        denominator: RAW,
        atLeast: GOAL,
      },
    ],
  }
}
