/** How soon a logout is enforced by other instances, and what a million revoked sessions cost, on MySQL and Redis [--logouts 1000] [--entries 1000000] */
import { parseArgs } from 'node:util'
import { wholeNumber } from '../harness/options.ts'
import { real } from '../harness/profiles.ts'
import { writeResults } from '../harness/results.ts'
import { serviceSigner } from '../harness/tokens.ts'
import { measureLogouts } from '../scenarios/logouts.ts'
import { measureMap } from '../scenarios/revocation-map.ts'

export async function run(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      logouts: { type: 'string', default: '1000' },
      entries: { type: 'string', default: '1000000' },
      rounds: { type: 'string', default: '5' },
      seconds: { type: 'string', default: '2' },
      publish: { type: 'boolean', default: false },
    },
  })
  const profile = await real()
  profile.env.PUBLIC_URL = 'http://holocron.test'
  const signer = await serviceSigner(profile.env)
  const latency = await measureLogouts(profile, signer, wholeNumber('--logouts', values.logouts, 1_000_000))
  const { rounds, ...map } = await measureMap(profile, signer, {
    entries: wholeNumber('--entries', values.entries, 100_000_000),
    rounds: wholeNumber('--rounds', values.rounds, 50),
    seconds: wholeNumber('--seconds', values.seconds, 60),
  })
  writeResults('revocation', { latency, map: { ...map, rounds } }, values.publish ? { latency, map } : undefined)
}
