/** The OpenID provider's token endpoint and introspection against the library alone, in memory [--real] */
import { play } from '../harness/play.ts'
import { clientCredentials, code, introspection, refresh } from '../scenarios/oauth.ts'

export const run = (args: string[]) =>
  play('oauth', args, { 'client-credentials': clientCredentials, refresh, code, introspection })
