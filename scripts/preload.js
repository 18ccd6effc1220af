// Runs before server.ts (`node --import`). Plain JavaScript: the compile cache, which also keeps stripped types, must be on before the first TypeScript file loads.
import { enableCompileCache } from 'node:module'
import { setFlagsFromString } from 'node:v8'

// Under load V8 may learn to allocate a request's short-lived objects in old space, and never unlearns it: they survive until a full collection, and the
// process stays half as large again, and slower.
setFlagsFromString('--no-allocation-site-pretenuring')
enableCompileCache()
