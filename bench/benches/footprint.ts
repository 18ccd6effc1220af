/** Resident memory when idle, and after each of three runs of reads and logins [--seconds 60] [--real] */
import { setTimeout as sleep } from 'node:timers/promises'
import { bearer, openAccount } from '../harness/account.ts'
import { residentMib } from '../harness/cpu.ts'
import { describeGoal, type Goal } from '../harness/goals.ts'
import { drive, type Request, startLoadGenerator } from '../harness/load.ts'
import { playOptions } from '../harness/options.ts'
import { FILMS } from '../harness/peers.ts'
import { pinThisProcess } from '../harness/processes.ts'
import { embedded, real } from '../harness/profiles.ts'
import { startService } from '../harness/service.ts'

const RUNS = 3
const GOALS = { idle: { atMost: 100 }, loaded: { atMost: 150 } }
const IDLE_MS = 5000

export async function run(args: string[]): Promise<void> {
  const { seconds, real: onServers } = playOptions(args, { seconds: 60 })
  pinThisProcess()
  const generator = startLoadGenerator()
  const service = await startService({ profile: onServers ? await real() : embedded() })
  await sleep(IDLE_MS)
  print('idle, 5 s after the start', residentMib(service.pid), GOALS.idle)

  const account = await openAccount(service)
  const half = seconds / 2
  const load = (request: Request, connections: number) =>
    drive(generator, { ...request, connections, amount: 100_000_000, maxSeconds: half, timeoutSeconds: half + 30 })
  for (let run = 1; run <= RUNS; run++) {
    const headers = await bearer(service, account)
    const json = { 'content-type': 'application/json' }
    const expect = { status: 200 }
    await load({ url: service.url + FILMS, method: 'GET', headers, expect }, 64)
    const body = JSON.stringify(account)
    await load({ url: `${service.url}/users/v1/login`, method: 'POST', headers: json, body, expect }, 8)
    print(`after run ${run}: ${half} s of reads, ${half} s of logins`, residentMib(service.pid), GOALS.loaded)
  }
}

function print(what: string, mebibytes: number, goal: Goal): void {
  const verdict = describeGoal(goal, mebibytes, limit => `${limit} MiB`)
  console.log(what.padEnd(44), `${mebibytes.toFixed(0)} MiB`.padStart(8), `  ${verdict}`)
}
