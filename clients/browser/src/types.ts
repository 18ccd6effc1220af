/** What the service takes and returns, by its OpenAPI document. */
import type { components, paths } from './openapi.ts'

export type { components, paths }
export type Schemas = components['schemas']

type Method = 'post' | 'put' | 'patch' | 'delete'

type BodyOf<Operation> = Operation extends { responses: { 200: { content: { 'application/json': infer Body } } } }
  ? Body
  : never

/** The paths of `POST` requests. */
export type PostPath = { [Path in keyof paths]: BodyOf<paths[Path]['post']> extends never ? never : Path }[keyof paths]

/** What a `POST` request to this path returns. */
export type Posted<Path extends PostPath> = BodyOf<paths[Path]['post']>

type KeysOf<Union> = Union extends unknown ? keyof Union : never

/** Every request that returns tokens: `PUT /users/v1/password` and others. */
type TokenRequest = {
  [Path in keyof paths]: {
    [Key in Method]: 'refresh_token' extends KeysOf<BodyOf<paths[Path][Key]>> ? `${Uppercase<Key>} ${Path}` : never
  }[Method]
}[keyof paths]

/** Of them, those that a logged-in user makes: earlier tokens end with it, without a grace period. */
export type Exchange = Exclude<
  TokenRequest,
  `POST /users/v1/${'login' | 'token' | 'generate_tokens'}${string}` | 'POST /social/v1/{provider}'
>
