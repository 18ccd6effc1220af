// Several test files in one process. Each of them believes to be alone: what it imports as `tap` is a test of its own, below tap's.
import { registerHooks } from 'node:module'
import { pathToFileURL } from 'node:url'
import type { TestBase as AnyTest, Base, Test } from 'tap'

/** What a file may take (ms), as .taprc says for one that runs alone. */
const TIMEOUT = 180_000

const OWN_TAP = 'own-tap:'

/**
 * tap finds the test that an uncaught error belongs to by following every promise, which is a fifth of the CPU that the suite takes. Tests run
 * one after another here, so it belongs to the innermost running one.
 */
const NO_DOMAINS = 'no-domains:'

const sources = new Map([
  [NO_DOMAINS, () => 'export class Domain { constructor(onerror) { this.onerror = onerror } destroy() {} }'],
  [OWN_TAP, (url: string) => `export default globalThis.testOf(${JSON.stringify(url)})`],
])

const tests = new Map<string, Test>()
const running: Base[] = []

registerHooks({
  resolve(specifier, context, next) {
    const parent = context.parentURL ?? ''
    const url =
      specifier === 'async-hook-domain' ? NO_DOMAINS : tests.has(parent) && specifier === 'tap' && OWN_TAP + parent
    return url ? { url, format: 'module', shortCircuit: true } : next(specifier, context)
  },
  load(url, context, next) {
    for (const [prefix, source] of sources)
      if (url.startsWith(prefix))
        return { source: source(url.slice(prefix.length)), format: 'module', shortCircuit: true }
    return next(url, context)
  },
})

Object.assign(globalThis, { testOf: (url: string) => tests.get(url) })

const { default: root, TestBase } = await import('tap')

/** @param files relative to the project's folder */
export function run(files: string[]): void {
  // What tap has every Node below it load is for its coverage, which is off.
  delete process.env.NODE_OPTIONS
  // A test may wait for what does not keep a process alive.
  const alive = setInterval(() => {}, TIMEOUT)
  root.teardown(() => clearInterval(alive))
  follow(root)
  process.setUncaughtExceptionCaptureCallback(error =>
    (running.at(-1) ?? root).hookDomain.onerror(error, 'uncaughtException'),
  )
  for (const file of files)
    root.test(file, { timeout: TIMEOUT }, async t => {
      const { href } = pathToFileURL(file)
      tests.set(href, t)
      await import(href)
    })
}

function follow(test: AnyTest): void {
  test.on('subtestStart', child => {
    running.push(child)
    if (child instanceof TestBase) follow(child)
  })
  test.on('subtestEnd', child => running.splice(running.indexOf(child), 1))
}
