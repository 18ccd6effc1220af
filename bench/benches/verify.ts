/** Another service that verifies tokens by clients/verify: how soon it refuses a logout (on MySQL and Redis), and what a check costs [--logouts 1000] */
import { wholeNumber } from '../harness/options.ts'
import { play } from '../harness/play.ts'
import { real } from '../harness/profiles.ts'
import { writeResults } from '../harness/results.ts'
import { serviceSigner } from '../harness/tokens.ts'
import { measureOtherService, verifiedReads } from '../scenarios/verify.ts'

const LOGOUTS = '--logouts'

export async function run(args: string[]): Promise<void> {
  const at = args.indexOf(LOGOUTS)
  const logouts = wholeNumber(LOGOUTS, at < 0 ? '1000' : (args[at + 1] ?? ''), 1_000_000)
  const others = at < 0 ? args : args.toSpliced(at, 2)
  const profile = await real()
  profile.env.PUBLIC_URL = 'http://holocron.test'
  const latency = await measureOtherService(profile, await serviceSigner(profile.env), logouts)
  writeResults('verify-latency', { latency })
  await play('verify', others, { verify: verifiedReads })
}
