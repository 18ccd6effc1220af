/** The live feed with 2,000 open streams: memory of each, how soon a change arrives, and what it costs [--connections 2000] [--changes 500] [--real] */
import { parseArgs } from 'node:util'
import { wholeNumber } from '../harness/options.ts'
import { pinThisProcess } from '../harness/processes.ts'
import { embedded, real } from '../harness/profiles.ts'
import { writeResults } from '../harness/results.ts'
import { serviceSigner } from '../harness/tokens.ts'
import { measureLiveFeed } from '../scenarios/live-feed.ts'

export async function run(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      connections: { type: 'string', default: '2000' },
      changes: { type: 'string', default: '500' },
      real: { type: 'boolean', default: false },
    },
  })
  const connections = wholeNumber('--connections', values.connections, 5000)
  const changes = wholeNumber('--changes', values.changes, 1_000_000)
  pinThisProcess()
  const profile = values.real ? await real() : embedded()
  profile.env.PUBLIC_URL = 'http://holocron.test'
  writeResults('live-feed', await measureLiveFeed(profile, await serviceSigner(profile.env), { connections, changes }))
}
