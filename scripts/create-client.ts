// npm run create-client -- --name NAME --redirect-uri URI: registers an application with the OpenID provider, and prints its client_id and its secret.
import { type ParseArgsOptionsConfig, parseArgs } from 'node:util'
import { type ClientMetadata, DEVICE_CODE, NewOAuthClient } from '#schemas/oauth-clients.ts'
import { build } from '../app.ts'
import { readConfig } from '../plugins/config/index.ts'
import { readArguments } from './arguments.ts'
import { validator } from './validator.ts'

const USAGE = `Usage: npm run create-client -- --name NAME [--redirect-uri URI]… [--post-logout-redirect-uri URI]… [--grant GRANT]…
       [--scope SCOPES] [--public] [--native] [--first-party]`

const DETAILS = `Registers an application that logs users in here, and prints its client_id and its client_secret, which cannot be read again.
--redirect-uri              where a login leads back to, exactly; can be repeated
--post-logout-redirect-uri  where a logout may lead to; can be repeated
--grant                     authorization_code (the default), refresh_token, client_credentials, device_code or password; can be repeated
--scope                     what it may ask for, such as "openid profile email"
--public                    keeps no secret, as a single-page or native application: it gets none, and must use PKCE
--native                    is on a device of the user: it may have http on this machine, or com.example.app:/callback, as its redirect URI
--first-party               is one of your own: its users are not asked for consent, and it may have the grant password
Everything else is changed by an administrator, at /admin/applications or by the API.`

const OPTIONS = {
  name: { type: 'string' },
  'redirect-uri': { type: 'string', multiple: true },
  'post-logout-redirect-uri': { type: 'string', multiple: true },
  grant: { type: 'string', multiple: true },
  scope: { type: 'string' },
  public: { type: 'boolean' },
  native: { type: 'boolean' },
  'first-party': { type: 'boolean' },
} as const satisfies ParseArgsOptionsConfig

const WITHOUT_REFRESH = 'Warning: without --grant refresh_token the scope offline_access gives no refresh token.'

/** What people type instead of its URN. */
const DEVICE_GRANT = 'device_code'

/** Instead of a request's. */
const CLIENT = { userAgent: 'create-client', ip: null, limitKey: '' }

const parse = (args: string[]) => parseArgs({ args, options: OPTIONS }).values

/** With a reason that says which argument is wrong. */
function areValid(args: string[]): boolean {
  try {
    if (parse(args).name !== undefined) return true
    console.error('--name is missing.')
  } catch (error) {
    console.error((error as Error).message)
  }
  return false
}

/** @throws Error that names the member */
function metadataFrom(args: string[]): NewOAuthClient {
  const options = parse(args)
  const grants = options.grant?.map(grant => (grant === DEVICE_GRANT ? DEVICE_CODE : grant))
  return validator(NewOAuthClient)({
    client_name: options.name,
    redirect_uris: options['redirect-uri'] ?? [],
    post_logout_redirect_uris: options['post-logout-redirect-uri'] ?? [],
    ...(grants && { grant_types: grants }),
    ...(options.scope !== undefined && { scope: options.scope }),
    ...(options.public && { token_endpoint_auth_method: 'none' }),
    ...(options.native && { application_type: 'native' }),
    ...(options['first-party'] && { first_party: true }),
  })
}

/** As in the API, it is allowed: the grant can be added later. */
function hasUseOfItsScope({ grant_types, scope = '' }: ClientMetadata): boolean {
  return grant_types.includes('refresh_token') || !scope.split(' ').includes('offline_access')
}

async function main(): Promise<void> {
  const metadata = metadataFrom(readArguments(USAGE, areValid, DETAILS))
  const app = build({ ...readConfig(), LOG_LEVEL: 'silent' }, undefined, { worksInBackground: false })
  try {
    await app.ready()
    const { client, client_secret } = await app.oauthClients.create(metadata, { client: CLIENT })
    console.log(`client_id=${client.client_id}`)
    if (client_secret !== undefined) console.log(`client_secret=${client_secret}`)
    if (!hasUseOfItsScope(client.metadata)) console.error(WITHOUT_REFRESH)
  } finally {
    await app.close()
  }
}

/** An error of the catalog says in its details what is wrong. */
function reason({
  message,
  details,
}: Error & { details?: { field?: string; problem?: string; uri?: string } }): string {
  if (!details) return message.replace(DEVICE_CODE, DEVICE_GRANT)
  const { field, problem, uri } = details
  return [`${field} ${problem}`, uri].filter(Boolean).join(': ')
}

main().catch((error: Error) => {
  console.error(reason(error))
  process.exitCode = 1
})
