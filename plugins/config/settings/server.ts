/** Where the service listens and how it is reached. */
import { Type } from '@sinclair/typebox'
import { oneOf } from '#schemas/ref.ts'

declare module '../schema.ts' {
  interface Topics {
    server: typeof server
  }
}

export const server = {
  NODE_ENV: Type.Optional(
    oneOf(['development', 'production', 'test'], {
      description:
        '`development`, `production` or `test`; production requires SECRET, PUBLIC_URL, SMTP_URL and MAIL_FROM. Required where the development mailbox could be reached from outside: without SMTP_URL, on a HOST that is not this machine alone. Default: `development`',
    }),
  ),
  HOST: Type.String({ default: '127.0.0.1', minLength: 1, description: 'Address to listen on' }),
  PORT: Type.Integer({ default: 3000, minimum: 0, maximum: 65_535, description: 'Port to listen on' }),
  WORKERS: Type.Integer({
    default: 1,
    minimum: 1,
    maximum: 128,
    description: 'Processes that share the port; needs MySQL. Usually the number of cores',
  }),
  PUBLIC_URL: Type.Optional(
    Type.String({
      pattern: '^https?://[^\\s/?#]+(/[^\\s?#]*)?$',
      description:
        '`https://` (or `http://`) URL at which users reach the service, in lower case: the base of mailed links and the `iss` of tokens. Default: `http://localhost:PORT`',
    }),
  ),
  HSTS: Type.String({
    default: 'max-age=31536000',
    pattern: '^(off|max-age=[0-9]+(; ?includeSubDomains)?(; ?preload)?)$',
    description:
      '`Strict-Transport-Security` where PUBLIC_URL is `https://`, or `off`. `max-age=31536000; includeSubDomains` also binds every subdomain of its host to TLS',
  }),
  TRUST_PROXY: Type.String({
    default: '',
    pattern: '^([1-9]|[0-9a-fA-F.:/, ]*[.:][0-9a-fA-F.:/, ]*)?$',
    description:
      'Proxies whose X-Forwarded-For is trusted: IP addresses or networks (`10.0.0.0/8, ::1`), or a number of hops (1–9). Empty: none',
  }),
  KEEP_ALIVE_SECONDS: Type.Integer({
    default: 72,
    minimum: 1,
    maximum: 86_400,
    description:
      'How long an idle connection is kept (seconds). Set it above the idle timeout of the load balancer, which must be the one that closes (Google: 620)',
  }),
  SHUTDOWN_DELAY_SECONDS: Type.Integer({
    default: 0,
    minimum: 0,
    maximum: 60,
    description:
      'Delay between SIGTERM (readiness turns 503) and closing: the time a load balancer needs to notice (seconds)',
  }),
}
