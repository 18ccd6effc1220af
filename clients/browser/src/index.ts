export { type Client, createClient, type Options } from './client.ts'
export { ServiceError } from './service-error.ts'
export type { Change } from './store.ts'
export type { components, paths, Schemas } from './types.ts'
