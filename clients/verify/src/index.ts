export { Refused } from './refused.ts'
export type { Claims, Demand, Options, Verifier } from './types.ts'
export { createVerifier } from './verifier.ts'
