/** The OpenID provider and its clients. */
import { Type } from '@sinclair/typebox'
import { flag, seconds } from '../types.ts'

declare module '../schema.ts' {
  interface Topics {
    oauth: typeof oauth
  }
}

export const oauth = {
  OAUTH_INTERNAL_HOSTS: Type.String({
    default: '',
    description:
      'Hosts of applications whose `backchannel_logout_uri` or `jwks_uri` may lead to a private address, such as `app.internal,10.0.0.7`',
  }),
  OAUTH_RESOURCES: Type.String({
    default: '{}',
    description:
      'Other services that take access tokens, and the scopes of each, as JSON: `{"https://api.example":"orders:read orders:write"}`. Tokens with these scopes have that URI as their `aud`',
  }),
  PASSWORD_GRANT: flag(
    false,
    'Whether `/oauth2/token` takes user names and passwords (`grant_type=password`) from first-party applications that are registered for it. RFC 9700 forbids it: for applications that cannot do without',
  ),
  OAUTH_SECRET_OVERLAP_SECONDS: seconds(
    86_400,
    0,
    "How long a client's previous secret stays valid after a rotation: the time to configure the new one everywhere",
    90 * 86_400,
  ),
}
