// What `npm start` runs. Node keeps compiled code and stripped types from one start to the next, if told before it loads the rest: so this file, which
// tells it, has no types to strip.
import { enableCompileCache } from 'node:module'
import { setFlagsFromString } from 'node:v8'

// V8 may learn from a moment of load to allocate short-lived objects of a request among the long-lived, and does not unlearn it: they then keep others alive
// until a full collection, and the process stays half as large again, and slower.
setFlagsFromString('--no-allocation-site-pretenuring')
enableCompileCache()
await import('./server.ts')
