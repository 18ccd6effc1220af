import { Type } from '@sinclair/typebox'
import { oneOf } from './ref.ts'

const header = (description: string, example: string) => ({ type: 'string', description, examples: [example] })

const caller = {
  'X-Auth-User': header("The user's id.", '42'),
  'X-Auth-Role': header('`basic` or `admin`.', 'basic'),
  'X-Auth-Session': header("The session's id.", '01981f1c-7b2e-7cc1-a1a2-3b4c5d6e7f80'),
}

/** No body: gateways read the headers. */
const allowed = (headers: object) =>
  Type.Unsafe<undefined>({ type: 'null', description: 'The request may pass.', headers })

export const Allowed = allowed(caller)

export const AllowedByScope = allowed({
  'X-Auth-User': header("The user's id. Empty if an application acts by itself.", '42'),
  'X-Auth-Role': header('`basic` or `admin`. Empty if an application acts, which may do what its scopes say.', 'basic'),
  'X-Auth-Session': caller['X-Auth-Session'],
  'X-Auth-Client': header(
    'The `client_id` of the application, if one acts; else empty.',
    '4f1c9f0e-52f4-4b7a-9d0e-6a9c1d2b3e4f',
  ),
  'X-Auth-Scope': header('All scopes of its token, or empty.', 'openid films:read'),
})

const scope = Type.String({
  maxLength: 1000,
  // https://www.rfc-editor.org/rfc/rfc6749#section-3.3
  pattern: '^[!#-\\[\\]-~]+( [!#-\\[\\]-~]+)*$',
  description:
    'The scopes that the token of an application must have, separated by spaces. Without it, applications do not pass.',
  examples: ['films:read'],
})

/** @param resources those of OAUTH_RESOURCES */
export function verifyQuery(resources: string[]) {
  const description = 'The service that the token of an application must be for. Default: this one.'
  const resource = resources.length > 0 ? { resource: Type.Optional(oneOf(resources, { description })) } : {}
  return Type.Object({ scope: Type.Optional(scope), ...resource }, { additionalProperties: false })
}
