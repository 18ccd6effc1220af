/** How long the service takes from the start of its process to its first answer. */
import { median } from './measure.ts'
import { cores, temporaryFolder } from './processes.ts'
import { type Profile, startService } from './service.ts'

/** Milliseconds each. */
export interface StartUp {
  /** On an empty folder: keys are made, all migrations run. */
  first: number[]
  /** On the data that is there, the usual case. */
  again: number[]
  firstMedian: number
  againMedian: number
}

/** Starts the service `times` times on an empty folder and once more on the same. With MySQL, the database is there from the very first start on. */
export async function measureStartUp(profile: Profile, times: number, script?: string): Promise<StartUp> {
  const first: number[] = []
  const again: number[] = []
  for (let time = 0; time < times; time++) {
    const folder = temporaryFolder()
    for (const list of [first, again]) {
      const service = await startService({ profile, folder, core: cores.any, ...(script ? { script } : {}) })
      list.push(service.startMs)
      await service.stop()
    }
  }
  return { first, again, firstMedian: median(first), againMedian: median(again) }
}
