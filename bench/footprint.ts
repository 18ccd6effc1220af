// npm run bench:footprint [-- --seconds 60] [-- --real]: resident memory after the start, and after each of three runs of protected reads and logins.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import type { Load, LoadResult } from './generator.ts'
import { ask, cleanUp, cores, pinThisProcess, startNode, temporaryFolder } from './processes.ts'
import { real } from './real-profile.ts'
import { embedded, logIn, openAccount, startService } from './service.ts'

const { values } = parseArgs({
  options: { seconds: { type: 'string', default: '60' }, real: { type: 'boolean', default: false } },
})
const SECONDS = Number(values.seconds)
const RUNS = 3
const REACH = { idle: 100, after: 150 }

/** Resident memory (MiB). @see https://docs.kernel.org/filesystems/proc.html */
function resident(pid: number): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024
}

function say(what: string, mebibytes: number, reach: number): void {
  const verdict = mebibytes <= reach ? 'reached' : 'MISSED'
  console.log(`${what.padEnd(44)}${mebibytes.toFixed(0).padStart(5)} MiB   at most ${reach} MiB: ${verdict}`)
}

try {
  pinThisProcess()
  const log = join(temporaryFolder(), 'generator.log')
  const generator = startNode(
    { script: join(import.meta.dirname, 'generator.ts'), core: cores.generator, log },
    { talks: true },
  )
  const service = await startService({ profile: values.real ? await real(process.env) : embedded() })
  await pause(5000)
  say('idle, 5 s after the start', resident(service.pid), REACH.idle)

  const account = await openAccount(service)
  const drive = (load: Pick<Load, 'url' | 'method' | 'headers' | 'connections'> & Partial<Load>, seconds: number) =>
    ask<LoadResult>(
      generator,
      { amount: 100_000_000, expect: { status: 200 }, enoughSeconds: seconds, limitSeconds: seconds + 30, ...load },
      seconds + 60,
    )
  for (let run = 1; run <= RUNS; run++) {
    const { token } = await logIn(service, account)
    const json = { 'content-type': 'application/json' }
    const films = { url: `${service.url}/films/v1/`, headers: { authorization: `Bearer ${token}` } }
    const login = { url: `${service.url}/users/v1/login`, headers: json, body: JSON.stringify(account) }
    await drive({ ...films, method: 'GET', connections: 64 }, SECONDS / 2)
    await drive({ ...login, method: 'POST', connections: 8 }, SECONDS / 2)
    say(`after run ${run}: ${SECONDS / 2} s of films, as long of logins`, resident(service.pid), REACH.after)
  }
} finally {
  await cleanUp()
}
