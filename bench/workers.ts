// npm run bench:workers [-- --rounds 5] [-- --seconds 3]: protected reads of one worker and of two, on MySQL and Redis, taking turns.
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import type { Load, LoadResult } from './generator.ts'
import { alternate, type Contestant } from './measure.ts'
import { ask, cleanUp, cores, pinThisProcess, startNode, temporaryFolder } from './processes.ts'
import { real } from './real-profile.ts'
import { evaluate, printResult } from './report.ts'
import { capture, logIn, openAccount, startService } from './service.ts'

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '5' }, seconds: { type: 'string', default: '3' } },
})
const seconds = Number(values.seconds)
const CONNECTIONS = 64
const REACH = 1.8

try {
  pinThisProcess()
  const profile = await real(process.env)
  const log = join(temporaryFolder(), 'generator.log')
  const generator = startNode(
    { script: join(import.meta.dirname, 'generator.ts'), core: cores.generator, log },
    { talks: true },
  )

  /** They share database and account. The generator has one of the two cores, so the second worker is mostly held up by it: CPU is what counts here. */
  async function contestant(workers: number): Promise<Contestant> {
    const env = { ...profile.env, WORKERS: String(workers) }
    const core = workers === 1 ? cores.server : cores.any
    const service = await startService({ profile: { ...profile, env }, core })
    const { token } = await logIn(service, await account(service))
    const headers = { authorization: `Bearer ${token}` }
    const { body } = await capture(`${service.url}/films/v1/`, headers)
    const load: Omit<Load, 'amount'> = {
      url: `${service.url}/films/v1/`,
      method: 'GET',
      headers,
      connections: CONNECTIONS,
      expect: { status: 200, body },
      enoughSeconds: seconds * 3,
      limitSeconds: seconds * 10 + 60,
    }
    return {
      name: `${workers} worker${workers > 1 ? 's' : ''}`,
      pid: service.pid,
      run: amount => ask<LoadResult>(generator, { ...load, amount }, load.limitSeconds + 10),
    }
  }

  let opened: ReturnType<typeof openAccount> | undefined
  function account(service: Awaited<ReturnType<typeof startService>>) {
    opened ??= openAccount(service)
    return opened
  }

  const contestants = [await contestant(1), await contestant(2)]
  const rules = {
    rounds: Number(values.rounds),
    seconds,
    connections: CONNECTIONS,
    helpers: [process.pid, generator.pid],
    replays: 0,
  }
  const played = await alternate(contestants, rules)
  const result = evaluate({ name: 'films', connections: CONNECTIONS, contestants, ratios: [] }, played)
  printResult(result)
  const [one, two] = contestants.map(({ name }) => result.medians[name]?.cpuPerRequest ?? Number.NaN)
  const scale = (2 * Number(one)) / Number(two)
  console.log(
    `\nTwo workers on two cores of their own serve ${scale.toFixed(2)} times what one serves on one (by CPU a request, all processes of the service; at least ${REACH}: ${scale >= REACH ? 'reached' : 'MISSED'})`,
  )
} finally {
  await cleanUp()
}
