// Runs inside a service under test (`node --import`). On SIGCONT it writes to the file PROBE_REPORT what the process holds, and for how long it was busy at a time.
import { writeFileSync } from 'node:fs'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc')
const cpuMs = () => {
  const { user, system } = process.threadCpuUsage()
  return (user + system) / 1000
}

let last = cpuMs()
let turn = 0
setInterval(() => {
  const now = cpuMs()
  turn = Math.max(turn, now - last)
  last = now
}, 1).unref()

process.on('SIGCONT', () => {
  // Twice: buffers are returned by the collection after the one that found them.
  collect()
  collect()
  const { heapUsed, external } = process.memoryUsage()
  writeFileSync(process.env.PROBE_REPORT, JSON.stringify({ held: heapUsed + external, turn }))
  turn = 0
  last = cpuMs()
})
