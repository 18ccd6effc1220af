/** Start-up time and idle memory of two checkouts, which are started in turn. */
import { setTimeout as sleep } from 'node:timers/promises'
import { residentMib } from '../harness/cpu.ts'
import { cores } from '../harness/processes.ts'
import { startService } from '../harness/service.ts'
import { temporaryFolder } from '../harness/teardown.ts'
import type { Checkout } from './loads.ts'
import { NO_WORSE, type Series } from './table.ts'

const IDLE_MS = 5000

export async function measureStarts(
  checkouts: [Checkout, Checkout],
  parts: string[],
  { rounds }: { rounds: number },
): Promise<Series[]> {
  if (!parts.includes('start-up') && !parts.includes('idle')) return []
  const wait = parts.includes('idle') ? IDLE_MS : 0
  const first: Series = { metric: 'start-up, empty folder', unit: 'ms', values: [[], []], atMost: NO_WORSE }
  const again: Series = { metric: 'start-up, existing data', unit: 'ms', values: [[], []], atMost: NO_WORSE }
  const memory: Series = { metric: 'idle memory (RSS)', unit: 'MiB', values: [[], []], atMost: NO_WORSE }
  // One start of each before, so that both have their compile cache.
  for (const checkout of checkouts) await startTwice(checkout, 0)
  for (let round = 0; round < rounds; round++) {
    const order = round % 2 === 0 ? ([0, 1] as const) : ([1, 0] as const)
    for (const index of order) {
      const started = await startTwice(checkouts[index], wait)
      first.values[index].push(started.firstMs)
      again.values[index].push(started.againMs)
      memory.values[index].push(started.mebibytes)
    }
  }
  return [...(parts.includes('start-up') ? [first, again] : []), ...(parts.includes('idle') ? [memory] : [])]
}

async function startTwice({ profile, folder: checkout }: Checkout, idleMs: number) {
  const folder = temporaryFolder()
  const start = () => startService({ profile, checkout, folder, core: cores.any })
  const first = await start()
  await first.stop()
  const again = await start()
  await sleep(idleMs)
  const mebibytes = residentMib(again.pid)
  await again.stop()
  return { firstMs: first.startMs, againMs: again.startMs, mebibytes }
}
