/** Every setting: its default, its bounds and its meaning, from which `npm run docs` makes the documentation. A computed default stands at the end of the description. */
import { type Static, Type } from '@sinclair/typebox'
import { oneOf } from '#schemas/ref.ts'

/** 23 days: Node runs timers of more than 2^31 ms immediately, over and over. */
const TIMER_MAX_SECONDS = 2_000_000
const TEN_YEARS_SECONDS = 10 * 365 * 86_400

const seconds = (fallback: number, minimum: number, description: string, maximum = TIMER_MAX_SECONDS) =>
  Type.Integer({ default: fallback, minimum, maximum, description: `${description} (seconds)` })
const count = (fallback: number, minimum: number, description: string) =>
  Type.Integer({ default: fallback, minimum, maximum: 1_000_000_000, description })
const flag = (fallback: boolean, description: string) => Type.Boolean({ default: fallback, description })

export const ConfigSchema = Type.Object({
  NODE_ENV: oneOf(['development', 'production', 'test'], {
    default: 'development',
    description: '`development`, `production` or `test`; production requires SECRET, PUBLIC_URL and SMTP_URL',
  }),
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
        'URL at which users reach the service: the base of mailed links and the `iss` of tokens. Default: `http://localhost:PORT`',
    }),
  ),
  DATABASE_URL: Type.String({
    default: 'sqlite:./data/holocron.db',
    pattern: '^(sqlite:.+|mysql://[^/]+/[^/?#]+(\\?.*)?)$',
    description: '`sqlite:path` (embedded) or `mysql://user:password@host:port/database`',
  }),
  DATABASE_POOL_SIZE: count(10, 1, 'Maximum of MySQL connections per process'),
  MIGRATE_ON_START: flag(false, 'Run pending migrations at startup; the embedded profile always does'),
  REDIS_URL: Type.Optional(
    Type.String({
      pattern: '^(redis|rediss|redis\\+sentinel|redis\\+cluster|rediss\\+cluster)://.+$',
      description:
        '`redis://host:6379`, `rediss://…`, `redis+cluster://host:port,host:port` or `redis+sentinel://host:port,host:port/master-name`. Unset: a single process, in memory',
    }),
  ),
  REDIS_PREFIX: Type.String({
    default: 'holocron:',
    maxLength: 64,
    description: 'Prefix of every key and channel in Redis',
  }),
  SMTP_URL: Type.Optional(
    Type.String({
      pattern: '^smtps?://.+$',
      description:
        '`smtp://user:password@host:587` or `smtps://…`. Unset: mails are kept in the development mailbox, `/dev/mailbox`',
    }),
  ),
  MAIL_FROM: Type.String({
    default: 'Holocron <no-reply@localhost>',
    pattern: '^([^<>\\r\\n]*<[^<>@\\s]+@[^<>@\\s]+>|[^<>@\\s]+@[^<>@\\s]+)$',
    description: 'Sender of every mail: `name@example.com` or `Name <name@example.com>`',
  }),
  MAIL_POLL_SECONDS: seconds(1, 1, 'How often the outbox is polled for mails due, besides being woken for new ones'),
  SECRET: Type.Optional(
    Type.String({
      minLength: 1,
      description:
        'Secret from which all keys are derived: 32 characters or more. `SECRET="new,old"` rotates: the first signs, all verify. Unset in the embedded profile: generated once into `DATA_DIR/secret`',
    }),
  ),
  ACCESS_KEY_FILE: Type.Optional(
    Type.String({
      minLength: 1,
      description: 'PEM private key (Ed25519, P-256 or RSA) that signs access tokens instead of the derived key',
    }),
  ),
  DATA_DIR: Type.String({ default: './data', minLength: 1, description: 'Folder of the generated secret' }),
  LOG_LEVEL: oneOf(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'], {
    default: 'info',
    description: 'Minimum level to log: `fatal` … `trace`, or `silent`. Successful reads are logged at `debug`',
  }),
  TRUST_PROXY: Type.String({
    default: '',
    pattern: '^([1-9]|[0-9a-fA-F.:/, ]*[.:][0-9a-fA-F.:/, ]*)?$',
    description:
      'Proxies whose X-Forwarded-For is trusted: IP addresses or networks (`10.0.0.0/8, ::1`), or a number of hops (1–9). Empty: none',
  }),
  CORS_ORIGINS: Type.String({
    default: '',
    pattern: '^(https?://[^\\s/,]+(\\s*,\\s*https?://[^\\s/,]+)*)?$',
    description:
      'Origins that browsers may call from (CORS): `https://app.example, https://admin.example`. Empty: none',
  }),
  RATE_LIMIT_MAX: count(
    6000,
    1,
    'Requests per minute and client (the user if authenticated, else the client IP), counted in each process',
  ),
  AUTH_RATE_LIMIT_MAX: count(
    30,
    1,
    'Requests per minute and client IP on public routes that change something (any method but GET, HEAD and OPTIONS: sign-up, login, the verification of an e-mail address), on the link that verifies one, and on routes that check a password or a one-time password of a logged-in user; counted in Redis if there is one',
  ),
  ACCOUNT_ATTEMPTS_MAX: count(
    5,
    1,
    'Failed logins per account before each further one locks it for longer, from a second to 15 minutes',
  ),
  ADDRESS_ATTEMPTS_MAX: count(50, 1, 'The same per client IP, across accounts'),
  BODY_LIMIT_BYTES: count(65_536, 1024, 'Maximum size of a request body (bytes)'),
  REQUEST_TIMEOUT_SECONDS: seconds(10, 1, 'Timeout for receiving a request'),
  EVENT_LOOP_DELAY_MAX_MS: Type.Integer({
    default: 1000,
    minimum: 0,
    maximum: 60_000,
    description: 'Event loop delay (milliseconds) beyond which requests are rejected with 503. 0: never',
  }),
  PASSWORD_MAX_LENGTH: Type.Integer({
    default: 32,
    minimum: 32,
    maximum: 1024,
    description: 'Maximum length of a password (characters)',
  }),
  ARGON2_MEMORY_KIB: count(19_456, 8, 'argon2id: memory (KiB)'),
  ARGON2_ITERATIONS: count(2, 1, 'argon2id: passes'),
  ARGON2_PARALLELISM: Type.Integer({ default: 1, minimum: 1, maximum: 64, description: 'argon2id: lanes' }),
  ARGON2_THREADS: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: 128,
      description:
        'Passwords hashed in parallel per process; workers share the cores. Default: the number of cores, at most 3',
    }),
  ),
  ADVISE_PASSWORD_CHANGE: flag(
    false,
    'Respond `password_change_advised` to logins with a password that violates the rule for new ones',
  ),
  FIREBASE_SIGNER_KEY: Type.String({
    default: '',
    pattern: '^([A-Za-z0-9+/]{40,}=*(,[A-Za-z0-9+/]{40,}=*)*)?$',
    description:
      '`base64_signer_key` of the Firebase project that users were imported from; of several projects, separated by commas',
  }),
  ARGON2_QUEUE_MAX: count(128, 1, 'Maximum of passwords queued for hashing; beyond it requests are rejected with 503'),
  ACCESS_TOKEN_TTL_SECONDS: seconds(900, 1, 'Lifetime of an access token'),
  REFRESH_TOKEN_TTL_SECONDS: seconds(30 * 86_400, 1, 'Lifetime of a refresh token', TEN_YEARS_SECONDS),
  SESSION_TTL_SECONDS: seconds(
    90 * 86_400,
    1,
    'Lifetime of a session, however often its tokens rotate',
    TEN_YEARS_SECONDS,
  ),
  REFRESH_GRACE_SECONDS: seconds(
    10,
    0,
    'Grace period in which the previous refresh token still returns the current tokens',
  ),
  REVOCATION_SYNC_SECONDS: seconds(3, 1, 'How often revocations are read from the database'),
  REVOCATION_MAX_STALENESS_SECONDS: seconds(
    30,
    2,
    'Maximum age of revocation data: beyond it, protected routes respond with 503',
  ),
  EMAIL_TOKEN_TTL_SECONDS: seconds(
    86_400,
    1,
    'Lifetime of the link that verifies an e-mail address',
    TEN_YEARS_SECONDS,
  ),
  LOGIN_POLICY: oneOf(['multiple', 'single'], {
    default: 'multiple',
    description: '`single`: a login is refused while the user has a live session; `multiple`: it opens another session',
  }),
  MFA_REQUIRED_FOR_ADMIN: flag(false, 'Administrators without a second factor can only use the routes that enroll one'),
  RESET_TOKEN_TTL_SECONDS: seconds(3600, 1, 'Lifetime of the link and the code that reset a password'),
  HIDE_ACCOUNTS: flag(false, 'Sign-up responds with 200 for a registered e-mail address too, and mails its owner'),
  CLEAN_UP_SECONDS: seconds(3600, 1, 'How often expired rows are deleted, on one instance at a time'),
  EVENTS_KEPT_DAYS: Type.Integer({
    default: 365,
    minimum: 1,
    maximum: 36_500,
    description: "Retention of an account's security history (days)",
  }),
  SHUTDOWN_DELAY_SECONDS: Type.Integer({
    default: 0,
    minimum: 0,
    maximum: 60,
    description:
      'Delay between SIGTERM (readiness turns 503) and closing: the time a load balancer needs to notice (seconds)',
  }),
})

/** The settings as given, each validated. */
export type Settings = Static<typeof ConfigSchema>

/** With the computed defaults. */
export type Config = Readonly<Settings & { PUBLIC_URL: string; ARGON2_THREADS: number }>
