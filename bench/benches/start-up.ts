/** From starting the process to its first response, on an empty folder and on existing data [--real] [--rounds 5] */
import { describeGoal } from '../harness/goals.ts'
import { playOptions } from '../harness/options.ts'
import { cores } from '../harness/processes.ts'
import { embedded, real } from '../harness/profiles.ts'
import { writeResults } from '../harness/results.ts'
import { startService } from '../harness/service.ts'
import { median } from '../harness/statistics.ts'
import { temporaryFolder } from '../harness/teardown.ts'

const GOAL = { atMost: 300 }

export async function run(args: string[]): Promise<void> {
  const { rounds, real: onServers } = playOptions(args)
  const profile = onServers ? await real() : embedded()
  const times = { 'empty folder': [] as number[], 'existing data': [] as number[] }
  for (let round = 0; round < rounds; round++) {
    const folder = temporaryFolder()
    for (const list of Object.values(times)) {
      const service = await startService({ profile, folder, core: cores.any })
      list.push(service.startMs)
      await service.stop()
    }
  }
  for (const [data, milliseconds] of Object.entries(times)) {
    const middle = median(milliseconds)
    const goal = describeGoal(GOAL, middle, limit => `${limit} ms`)
    console.log(`start to first response, ${data}`.padEnd(44), `${middle.toFixed(0)} ms`.padStart(8), `  ${goal}`)
  }
  writeResults('start-up', { settings: { profile: profile.name, rounds }, times })
}
