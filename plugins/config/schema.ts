/** Every setting: its default, its bounds and its meaning, which `npm run docs` shows. A default that is no constant stands at the end of the description. */
import { type Static, Type } from '@sinclair/typebox'
import { oneOf } from '#schemas/ref.ts'

/** 23 days. Node runs a timer of more than 2^31 ms at once, and again and again. */
const LONGEST_TIMER = 2_000_000
const TEN_YEARS = 10 * 365 * 86_400

const seconds = (fallback: number, minimum: number, description: string, maximum = LONGEST_TIMER) =>
  Type.Integer({ default: fallback, minimum, maximum, description: `${description} (seconds)` })
const count = (fallback: number, minimum: number, description: string) =>
  Type.Integer({ default: fallback, minimum, maximum: 1_000_000_000, description })
const flag = (fallback: boolean, description: string) => Type.Boolean({ default: fallback, description })

export const ConfigSchema = Type.Object({
  NODE_ENV: oneOf(['development', 'production', 'test'], {
    default: 'development',
    description: '`development`, `production` or `test`; production demands SECRET, PUBLIC_URL and SMTP_URL',
  }),
  HOST: Type.String({ default: '127.0.0.1', minLength: 1, description: 'Address to listen on' }),
  PORT: Type.Integer({ default: 3000, minimum: 0, maximum: 65_535, description: 'Port to listen on' }),
  WORKERS: Type.Integer({
    default: 1,
    minimum: 1,
    maximum: 128,
    description:
      'Processes that share the port, on MySQL: as many as there are cores. An embedded database belongs to one',
  }),
  PUBLIC_URL: Type.Optional(
    Type.String({
      pattern: '^https?://[^\\s/?#]+(/[^\\s?#]*)?$',
      description:
        'Where users reach the service: the start of mailed links and the `iss` of tokens. Default: `http://localhost:PORT`',
    }),
  ),
  DATABASE_URL: Type.String({
    default: 'sqlite:./data/holocron.db',
    pattern: '^(sqlite:.+|mysql://[^/]+/[^/?#]+(\\?.*)?)$',
    description: '`sqlite:path` (embedded) or `mysql://user:password@host:port/database`',
  }),
  DATABASE_POOL_SIZE: count(10, 1, 'Connections to MySQL that one process opens at most'),
  MIGRATE_ON_START: flag(false, 'Run missing migrations at the start; the embedded profile always does'),
  REDIS_URL: Type.Optional(
    Type.String({
      pattern: '^(redis|rediss|redis\\+sentinel|redis\\+cluster|rediss\\+cluster)://.+$',
      description:
        '`redis://host:6379`, `rediss://…`, `redis+cluster://host:port,host:port` or `redis+sentinel://host:port,host:port/master-name`. Absent: one process, in memory',
    }),
  ),
  REDIS_PREFIX: Type.String({
    default: 'holocron:',
    maxLength: 64,
    description: 'Start of every key and channel in Redis',
  }),
  SMTP_URL: Type.Optional(
    Type.String({
      pattern: '^smtps?://.+$',
      description:
        '`smtp://user:password@host:587` or `smtps://…`. Absent: mails land in the development mailbox, `/dev/mailbox`',
    }),
  ),
  MAIL_FROM: Type.String({
    default: 'Holocron <no-reply@localhost>',
    pattern: '^([^<>\\r\\n]*<[^<>@\\s]+@[^<>@\\s]+>|[^<>@\\s]+@[^<>@\\s]+)$',
    description: 'Sender of every mail: `name@example.com` or `Name <name@example.com>`',
  }),
  MAIL_POLL_SECONDS: seconds(1, 1, 'How often the outbox is looked through for mails that no wake-up announced'),
  SECRET: Type.Optional(
    Type.String({
      minLength: 1,
      description:
        'What every key is derived from: 32 characters or more. `SECRET="new,old"` rotates: the first signs, all verify. Absent in the embedded profile: generated once into `DATA_DIR/secret`',
    }),
  ),
  ACCESS_KEY_FILE: Type.Optional(
    Type.String({
      minLength: 1,
      description: 'PEM private key (Ed25519, P-256 or RSA) that signs access tokens instead of the derived one',
    }),
  ),
  DATA_DIR: Type.String({ default: './data', minLength: 1, description: 'Folder of the generated secret' }),
  LOG_LEVEL: oneOf(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'], {
    default: 'info',
    description: 'Least level to log: `fatal` … `trace`, or `silent`. Successful reads are logged at `debug`',
  }),
  TRUST_PROXY: Type.String({
    default: '',
    pattern: '^([1-9]|[0-9a-fA-F.:/, ]*[.:][0-9a-fA-F.:/, ]*)?$',
    description:
      'Proxies whose X-Forwarded-For counts: addresses or networks (`10.0.0.0/8, ::1`), or a number of hops (1–9). Empty: none',
  }),
  CORS_ORIGINS: Type.String({
    default: '',
    pattern: '^(https?://[^\\s/,]+(\\s*,\\s*https?://[^\\s/,]+)*)?$',
    description: 'Origins of browsers that may call: `https://app.example, https://admin.example`. Empty: none',
  }),
  RATE_LIMIT_MAX: count(
    6000,
    1,
    'Requests a minute a caller (the user where there is a token, else the address), counted in each process',
  ),
  AUTH_RATE_LIMIT_MAX: count(
    30,
    1,
    'Requests a minute an address on sign-up, login and mail-sending routes, counted in Redis where there is one',
  ),
  ACCOUNT_ATTEMPTS_MAX: count(
    5,
    1,
    'Wrong passwords for one account before each further one locks it for longer, from a second to 15 minutes',
  ),
  ADDRESS_ATTEMPTS_MAX: count(50, 1, 'The same for one address, whatever the accounts'),
  BODY_LIMIT_BYTES: count(65_536, 1024, 'Largest request body (bytes)'),
  REQUEST_TIMEOUT_SECONDS: seconds(10, 1, 'How long a client may take to send a request'),
  EVENT_LOOP_DELAY_MAX_MS: Type.Integer({
    default: 1000,
    minimum: 0,
    maximum: 60_000,
    description: 'Further behind (milliseconds), the process answers 503 rather than late. 0: it never does',
  }),
  PASSWORD_MAX_LENGTH: Type.Integer({
    default: 32,
    minimum: 32,
    maximum: 1024,
    description: 'Longest password (characters)',
  }),
  ARGON2_MEMORY_KIB: count(19_456, 8, 'argon2id: memory (KiB)'),
  ARGON2_ITERATIONS: count(2, 1, 'argon2id: passes'),
  ARGON2_PARALLELISM: Type.Integer({ default: 1, minimum: 1, maximum: 64, description: 'argon2id: lanes' }),
  ARGON2_THREADS: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: 128,
      description:
        'Passwords hashed at a time in one process; workers share the cores. Default: the number of cores, at most 3',
    }),
  ),
  ARGON2_QUEUE_MAX: count(128, 1, 'Passwords that may wait to be hashed; beyond them the answer is 503'),
  ACCESS_TOKEN_TTL_SECONDS: seconds(900, 1, 'Life of an access token'),
  REFRESH_TOKEN_TTL_SECONDS: seconds(30 * 86_400, 1, 'Life of a refresh token', TEN_YEARS),
  SESSION_TTL_SECONDS: seconds(90 * 86_400, 1, 'Life of a session, however often its tokens rotate', TEN_YEARS),
  REFRESH_GRACE_SECONDS: seconds(
    10,
    0,
    'How long the refresh token before the current one is answered with the current tokens',
  ),
  REVOCATION_SYNC_SECONDS: seconds(3, 1, 'How often revocations are read from the database'),
  REVOCATION_MAX_STALENESS_SECONDS: seconds(
    30,
    2,
    'Without news of revocations for so long, protected routes answer 503',
  ),
  EMAIL_TOKEN_TTL_SECONDS: seconds(86_400, 1, 'Life of the link that proves an address', TEN_YEARS),
  LOGIN_POLICY: oneOf(['multiple', 'single'], {
    default: 'multiple',
    description: '`single`: a login while a session of the user lives is refused; `multiple`: it opens another',
  }),
  MFA_REQUIRED_FOR_ADMIN: flag(
    false,
    'An administrator without a second factor reaches nothing but the routes that enrol one',
  ),
  RESET_TOKEN_TTL_SECONDS: seconds(3600, 1, 'Life of the link and the code that reset a password'),
  HIDE_ACCOUNTS: flag(false, 'Sign-up answers 200 to a known address too, and its owner gets a mail'),
  CLEAN_UP_SECONDS: seconds(3600, 1, 'How often what nobody needs any more is taken away, on one instance at a time'),
  EVENTS_KEPT_DAYS: Type.Integer({
    default: 365,
    minimum: 1,
    maximum: 36_500,
    description: "How long an account's security history is kept (days)",
  }),
  SHUTDOWN_DELAY_SECONDS: Type.Integer({
    default: 0,
    minimum: 0,
    maximum: 60,
    description:
      'Between SIGTERM (readiness turns 503) and refusing requests: the time a balancer needs to notice (seconds)',
  }),
})

/** As it is set, validated one by one. */
export type Settings = Static<typeof ConfigSchema>

/** With the defaults that are no constants. */
export type Config = Readonly<Settings & { PUBLIC_URL: string; ARGON2_THREADS: number }>
