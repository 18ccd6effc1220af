import { Type } from '@sinclair/typebox'

const header = (description: string, example: string) => ({ type: 'string', description, examples: [example] })

/** No body: gateways read the headers. */
export const Allowed = Type.Unsafe<undefined>({
  type: 'null',
  description: 'The request may pass.',
  headers: {
    'X-Auth-User': header("The user's id.", '42'),
    'X-Auth-Role': header('`basic` or `admin`.', 'basic'),
    'X-Auth-Session': header("The session's id.", '01981f1c-7b2e-7cc1-a1a2-3b4c5d6e7f80'),
  },
})
