// What `npm start` runs. Node keeps compiled code and stripped types from one start to the next, if told before it loads the rest: so this file, which
// tells it, has no types to strip.
import { enableCompileCache } from 'node:module'

enableCompileCache()
await import('./server.ts')
