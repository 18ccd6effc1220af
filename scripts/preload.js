// Runs before server.ts (`node --import`). Plain JavaScript: the compile cache, which also keeps stripped types, must be on before the first TypeScript file loads.
import cluster from 'node:cluster'
import module from 'node:module'
import { setFlagsFromString } from 'node:v8'

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
if (major < 24 || (major === 24 && minor < 16)) {
  console.error(
    `Node 24.16 or later is needed to run the service, not ${process.version}: "npm start" brings Node 26 along`,
  )
  process.exit(1)
}

// Under load V8 may learn to allocate a request's short-lived objects in old space, and never unlearns it: they survive until a full collection, and the
// process stays half as large again, and slower.
setFlagsFromString('--no-allocation-site-pretenuring')
module.enableCompileCache()

// The first process of a container (PID 1) ignores signals without a handler: one that arrived during the start would be lost, and the process killed
// later. server.ts and workers.ts say when they handle them. Workers ignore signals: their primary tells them to stop.
const stop = () => process.exit(0)
const stopIfTold = message => message === 'stop' && stop()
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, cluster.isWorker ? () => {} : stop)
if (cluster.isWorker) process.on('message', stopIfTold)
process.once('signals-handled', () => {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.off(signal, stop)
  process.off('message', stopIfTold)
})
