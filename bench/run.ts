/**
 * `npm run bench -- NAME …`: runs one of benches/, and installs the benchmarks' packages before where they are missing.
 * Without a name it lists them: the first line of each file says what it measures.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { install } from './harness/install.ts'
import { runToEnd } from './harness/processes.ts'

interface Bench {
  run(args: string[]): Promise<void>
}

const BENCHES = join(import.meta.dirname, 'benches')
const names = readdirSync(BENCHES).map(file => file.replace(/\.ts$/, ''))
const args = process.argv.slice(2)
/** Two checkouts are compared whatever is measured. */
const comparing = args.some(arg => /^--against(=|$)/.test(arg))
const name = comparing ? 'against' : args[0]

if (name === undefined) list()
else if (names.includes(name)) await run(name, comparing ? args : args.slice(1))
else {
  console.error(`No benchmark is called ${name}.\n`)
  list()
  process.exitCode = 1
}

function list(): void {
  console.log('npm run bench -- NAME [options]\n')
  for (const name of names.toSorted()) {
    const [, summary = ''] = /^\/\*\* (.*) \*\/$/m.exec(readFileSync(join(BENCHES, `${name}.ts`), 'utf8')) ?? []
    console.log(`  ${name.padEnd(12)}${summary}`)
  }
}

async function run(name: string, args: string[]): Promise<void> {
  if (!existsSync(join(import.meta.dirname, 'node_modules'))) install(import.meta.dirname)
  await runToEnd(async () => {
    const bench = (await import(join(BENCHES, `${name}.ts`))) as Bench
    await bench.run(args)
  })
}
