/** Social login: a provider exists where it has a client id. */
import { Type } from '@sinclair/typebox'
import { flag } from '../types.ts'

declare module '../schema.ts' {
  interface Topics {
    social: typeof social
  }
}

const id = (provider: string, console: string) =>
  Type.Optional(
    Type.String({ minLength: 1, description: `Client id at ${provider} (${console}): switches the login with it on` }),
  )
const secret = (provider: string) =>
  Type.Optional(Type.String({ minLength: 1, description: `Client secret at ${provider}` }))
const url = (fallback: string, description: string) =>
  Type.String({ default: fallback, pattern: '^https?://[^/?#\\s]+[^?#\\s]*$', description })

export const social = {
  GITHUB_CLIENT_ID: id('GitHub', 'Settings, Developer settings, OAuth Apps'),
  GITHUB_CLIENT_SECRET: secret('GitHub'),
  GITHUB_BASE_URL: url(
    'https://github.com',
    'Where people log in to GitHub: that of a GitHub Enterprise Server otherwise',
  ),
  GITHUB_API_URL: url(
    'https://api.github.com',
    "GitHub's REST API; `https://HOST/api/v3` of a GitHub Enterprise Server",
  ),
  GOOGLE_CLIENT_ID: id('Google', 'Google Cloud console, Clients'),
  GOOGLE_CLIENT_SECRET: secret('Google'),
  GOOGLE_ISSUER: url('https://accounts.google.com', "Google's issuer"),
  GOOGLE_AUTHORIZED_PARTIES: Type.String({
    default: '',
    description:
      'Client ids of your apps for Android and iOS whose ID tokens are accepted: their `azp` is the app, their `aud` is GOOGLE_CLIENT_ID. Comma-separated',
  }),
  LINKEDIN_CLIENT_ID: id('LinkedIn', 'Developer portal, My apps'),
  LINKEDIN_CLIENT_SECRET: secret('LinkedIn'),
  LINKEDIN_ISSUER: url('https://www.linkedin.com/oauth', "LinkedIn's issuer"),
  FACEBOOK_CLIENT_ID: id('Facebook', 'Meta for Developers, My Apps'),
  FACEBOOK_CLIENT_SECRET: secret('Facebook'),
  FACEBOOK_ISSUER: url('https://www.facebook.com', "Facebook's issuer, where its login dialog is too"),
  FACEBOOK_API_URL: url('https://graph.facebook.com/v24.0', "Facebook's Graph API, with its version"),
  OIDC_PROVIDERS: Type.Optional(
    Type.String({
      minLength: 2,
      description:
        'Other OpenID providers, as JSON by their key: `{"corp":{"issuer":"https://…","client_id":"…","client_secret":"…","name":"Corp"}}`. Optional: `scope`, `pkce`, `token_endpoint_auth_method`, `authorized_parties`',
    }),
  ),
  SOCIAL_TIMEOUT_MS: Type.Integer({
    default: 5000,
    minimum: 100,
    maximum: 60_000,
    description: 'Time a provider has for each of its responses (ms)',
  }),
  SOCIAL_KEEP_TOKENS: flag(
    false,
    'Keeps the tokens of providers, encrypted, with the linked login. Nothing here uses them: for applications that read the database',
  ),
}
