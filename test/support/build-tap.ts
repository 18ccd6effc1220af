// tap compiles its plugin set (.taprc) into node_modules, and the first run after a change fails. So it is built before, but only
// if it differs: a build takes seconds and breaks a run in progress in the same checkout.
import { execFileSync } from 'node:child_process'
import t from 'tap'

const tap = (...args: string[]) =>
  execFileSync(process.execPath, ['node_modules/.bin/tap', ...args], { encoding: 'utf8' })
const sorted = (plugins: string) => plugins.trim().split('\n').sort().join()

if (sorted(tap('plugin', 'list')) !== sorted(t.pluginSignature)) tap('build')
