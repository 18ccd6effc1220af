/** Protected reads and logins of two checkouts, which get the load in turn. */
import { bearer, openAccount, openAccounts } from '../harness/account.ts'
import { ARGON2 } from '../harness/argon2.ts'
import { drive, type Request, startLoadGenerator, timeLimits } from '../harness/load.ts'
import { FILMS } from '../harness/peers.ts'
import { type Child, storePids } from '../harness/processes.ts'
import type { Profile } from '../harness/profiles.ts'
import { alternate, type Round, type Target } from '../harness/rounds.ts'
import { startService } from '../harness/service.ts'
import { NO_WORSE, type Series } from './table.ts'

export interface Checkout {
  name: string
  folder: string
  profile: Profile
}

interface Options {
  rounds: number
  seconds: number
}

/** A checkout's service, and the requests it gets. */
interface Running {
  name: string
  pid: number
  requests: Record<string, () => Promise<Request>>
}

/** Enough for the default rounds to stay below SESSIONS_MAX. */
const ACCOUNTS = 64

const CONNECTIONS: Record<string, number> = { films: 64, login: 8 }

export async function measureLoads(
  checkouts: [Checkout, Checkout],
  parts: string[],
  options: Options,
): Promise<Series[]> {
  const names = parts.filter(part => part in CONNECTIONS)
  if (names.length === 0) return []
  const generator = startLoadGenerator()
  const running = [await run(checkouts[0]), await run(checkouts[1])]
  const series: Series[] = []
  for (const name of names) {
    const connections = CONNECTIONS[name] ?? 1
    const targets = running.map(each => target(each, name, generator, connections, options.seconds))
    const helpers = [process.pid, generator.pid, ...storePids()]
    const { rounds, seconds } = options
    const played = await alternate(targets, { rounds, seconds, connections, helpers, retries: rounds * 2 })
    const [own = [], other = []] = [...played.values()]
    const metric = (key: keyof Round): Series['values'] => [own.map(each => each[key]), other.map(each => each[key])]
    series.push(
      { metric: `${name}: CPU/request`, unit: 'µs', values: metric('cpuPerRequest'), atMost: NO_WORSE },
      { metric: `${name}: requests/s`, unit: '/s', values: metric('requestsPerSecond') },
    )
  }
  return series
}

async function run({ name, folder, profile }: Checkout): Promise<Running> {
  const env = { ...profile.env, ARGON2_THREADS: String(ARGON2.threads) }
  const service = await startService({ profile: { ...profile, env }, checkout: folder })
  const account = await openAccount(service)
  const accounts = await openAccounts(service, ACCOUNTS)
  return {
    name,
    pid: service.pid,
    requests: {
      films: async () => ({
        url: service.url + FILMS,
        method: 'GET',
        headers: { ...(await bearer(service, account)) },
        expect: { status: 200 },
      }),
      login: async () => ({
        url: `${service.url}/users/v1/login`,
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        bodies: accounts.map(each => JSON.stringify(each)),
        expect: { status: 200, bodyContains: '"refresh_token":"' },
      }),
    },
  }
}

function target(
  { name, pid, requests }: Running,
  load: string,
  generator: Child,
  connections: number,
  seconds: number,
): Target {
  return {
    name,
    pid,
    run: async amount => {
      const request = await requests[load]?.()
      if (!request) throw new Error(`no such load: ${load}`)
      return drive(generator, { ...request, connections, amount, ...timeLimits(seconds) })
    },
  }
}
