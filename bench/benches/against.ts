/** This checkout against another: read, login, start-up, idle memory in alternating rounds [films] [login] [start-up] [idle] --against DIR */
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { type Checkout, measureLoads } from '../against/loads.ts'
import { measureStarts } from '../against/starts.ts'
import { printComparison, type Series } from '../against/table.ts'
import { THIS_CHECKOUT } from '../harness/checkout.ts'
import { wholeNumber } from '../harness/options.ts'
import { pinThisProcess } from '../harness/processes.ts'
import { embedded, real } from '../harness/profiles.ts'
import { writeResults } from '../harness/results.ts'

const PARTS = ['films', 'login', 'start-up', 'idle']

export async function run(args: string[]): Promise<void> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      against: { type: 'string' },
      rounds: { type: 'string', default: '9' },
      seconds: { type: 'string', default: '3' },
      real: { type: 'boolean', default: false },
    },
  })
  const unknown = positionals.filter(part => !PARTS.includes(part))
  if (unknown.length > 0 || values.against === undefined)
    throw new Error(`npm run bench -- [${PARTS.join('] [')}] --against ../other-checkout`)
  const parts = positionals.length > 0 ? positionals : PARTS
  const options = {
    rounds: wholeNumber('--rounds', values.rounds, 50),
    seconds: wholeNumber('--seconds', values.seconds, 60),
  }
  pinThisProcess()
  const profile = async (suffix: string) => (values.real ? real(suffix) : embedded())
  const checkouts: [Checkout, Checkout] = [
    { name: 'this checkout', folder: THIS_CHECKOUT, profile: await profile('_a') },
    {
      name: values.against,
      folder: resolve(process.env.INIT_CWD ?? '.', values.against),
      profile: await profile('_b'),
    },
  ]
  const series: Series[] = [
    ...(await measureStarts(checkouts, parts, options)),
    ...(await measureLoads(checkouts, parts, options)),
  ]
  printComparison(
    checkouts.map(({ name }) => name),
    series,
  )
  writeResults('against', { checkouts: checkouts.map(({ name, folder }) => ({ name, folder })), options, series })
}
