// Several test files in one process. Each of them believes to be alone: what it imports as `tap` is a test of its own, below tap's.
import { registerHooks } from 'node:module'
import { pathToFileURL } from 'node:url'
import root, { type Test } from 'tap'

/** What a file may take (ms), as .taprc says for one that runs alone. */
const TIMEOUT = 180_000

const OWN_TAP = 'own-tap:'

const tests = new Map<string, Test>()

registerHooks({
  resolve: (specifier, context, next) =>
    specifier === 'tap' && tests.has(context.parentURL ?? '')
      ? { url: `${OWN_TAP}${context.parentURL}`, format: 'module', shortCircuit: true }
      : next(specifier, context),
  load: (url, context, next) =>
    url.startsWith(OWN_TAP)
      ? {
          source: `export default globalThis.testOf(${JSON.stringify(url.slice(OWN_TAP.length))})`,
          format: 'module',
          shortCircuit: true,
        }
      : next(url, context),
})

Object.assign(globalThis, { testOf: (url: string) => tests.get(url) })

/** @param files relative to the project's folder */
export function run(files: string[]): void {
  // What tap has every Node below it load is for its coverage, which is off.
  delete process.env.NODE_OPTIONS
  // A test may wait for what does not keep a process alive.
  const alive = setInterval(() => {}, TIMEOUT)
  root.teardown(() => clearInterval(alive))
  for (const file of files)
    root.test(file, { timeout: TIMEOUT }, async t => {
      const { href } = pathToFileURL(file)
      tests.set(href, t)
      await import(href)
    })
}
