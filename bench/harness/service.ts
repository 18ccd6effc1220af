/** The service under test, started the way `npm start` does. */
import { request } from 'node:http'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { startCommandOf, THIS_CHECKOUT } from './checkout.ts'
import { type Child, cores, freePort, startNode, stop } from './processes.ts'
import type { Profile } from './profiles.ts'
import { temporaryFolder } from './teardown.ts'

export interface Service {
  url: string
  pid: number
  child: Child
  stop: () => Promise<void>
  /** The settings that it was started with. */
  env: Record<string, string>
  /** From starting the process to the first response of `GET /health/live` (ms). */
  startMs: number
}

export interface ServiceOptions {
  profile: Profile
  /** This checkout, unless another one is named. */
  checkout?: string
  core?: string
  nodeOptions?: string[]
  ipc?: boolean
  /** Data folder, kept from one start to the next. */
  folder?: string
}

const START_TIMEOUT_MS = 30_000
/** Limits stay on, but out of reach. */
const UNREACHABLE = '1000000000'

/** Starts the service and waits until `GET /health/live` responds. It logs to a file at the default level. */
export async function startService(options: ServiceOptions): Promise<Service> {
  const { profile, checkout = THIS_CHECKOUT, core = cores.server, ipc = false, folder = temporaryFolder() } = options
  const { script, nodeOptions } = startCommandOf(checkout)
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const env = {
    HOST: '127.0.0.1',
    PORT: String(port),
    DATA_DIR: folder,
    DATABASE_URL: `sqlite:${join(folder, 'holocron.db')}`,
    RATE_LIMIT_MAX: UNREACHABLE,
    AUTH_RATE_LIMIT_MAX: UNREACHABLE,
    ACCOUNT_ATTEMPTS_MAX: UNREACHABLE,
    ADDRESS_ATTEMPTS_MAX: UNREACHABLE,
    ...profile.env,
  }
  const started = performance.now()
  const child = startNode({
    script,
    nodeOptions: [...nodeOptions, ...(options.nodeOptions ?? [])],
    core,
    ipc,
    // A folder without an .env: settings that the benchmark does not set have their defaults.
    folder,
    log: join(folder, 'service.log'),
    env,
  })
  while (!(await isLive(url))) {
    const late = performance.now() - started > START_TIMEOUT_MS
    if (child.exitCode !== null || late) throw new Error('the service did not start')
    await sleep(2)
  }
  return { url, pid: child.pid, child, env, stop: () => stop(child), startMs: performance.now() - started }
}

function isLive(url: string): Promise<boolean> {
  return new Promise(resolve => {
    request(`${url}/health/live`, { agent: false }, response => {
      response.resume().once('end', () => resolve(response.statusCode === 200))
    })
      .once('error', () => resolve(false))
      .end()
  })
}
