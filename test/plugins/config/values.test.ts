// A wrong value stops the start, and is never replaced by a default in silence.
import t from 'tap'
import { ConfigError, readConfig } from '../../../plugins/config/index.ts'
import { ConfigSchema } from '../../../plugins/config/schema.ts'
import { type Environment, SECRET } from '../../support/app.ts'

/** What is thrown, or undefined. */
function refusal(env: Environment): Error | undefined {
  try {
    readConfig(env)
    return undefined
  } catch (error) {
    return error as Error
  }
}

const INTEGERS = [
  '1.5',
  'x',
  '-1',
  '1e99',
  '1e999',
  'NaN',
  'Infinity',
  '-Infinity',
  '1,000',
  '99999999999',
  '0x',
  'true',
]
const FLAGS = ['yes', 'no', 'on', 'TRUE', 'True', '1x', '2', 'truee']

const WRONG: Record<string, string[]> = {
  APP_COLOR: ['blue', '#00f', '#2f54c9aa', '#gggggg', '#ffffff', '#ffcc00', '#7a7a7a'],
  APP_LOGO: [
    'logo.svg',
    '/logo.svg',
    'data:image/png;base64,AA',
    'https://',
    "https://cdn.example/x.svg; script-src 'self'",
  ],
  APP_NAME: ['x'.repeat(65), 'two\nlines'],
  APP_URL: ['app.example', 'javascript:alert(1)', 'ftp://app.example', 'https://', 'https://app.example:99999'],
  ACCESS_TOKEN_ALGORITHM: ['none', 'HS256', 'es256', 'RS512', 'RS256,', 'RS256;ES256', 'RS256,HS256'],
  ACCESS_TOKEN_AUDIENCE: ['holocron:refresh', 'holocron:mfa', 'holocron:cookie', 'two words', 'é', 'x'.repeat(256)],
  NODE_ENV: ['prod', 'Production', 'staging', 'production '],
  PORT: [...INTEGERS, '65536', 'http'],
  PUBLIC_URL: [
    'login.example',
    'ftp://login.example',
    'javascript:alert(1)',
    '//login.example',
    'https://',
    'https://login.example?x=1',
    'https://login.example#x',
    'https://login example',
    'https://[',
    'https://login.example:99999',
    'https://login.example\nx',
  ],
  DATABASE_URL: [
    'sqlite:',
    'postgres://x@y/z',
    'mysql:x',
    'mysql://',
    'mysql://root@localhost',
    'mysql://root@localhost/',
    'mysql://root@localhost:99999/x',
    'mysql://root:%zz@localhost/x',
    './data/holocron.db',
    'mysql://root@localhost/x?ssl=true',
    'mysql://root@localhost/x?ssl={"rejectUnauthorized":true}',
    'mysql://root@localhost/x?sslmode=REQUIRED',
    'mysql://root@localhost/x?ssl-mode=PREFERRED',
    'mysql://root@localhost/x?ssl-mode=required',
    'mysql://root@localhost/x?ssl-ca=package.json',
    'mysql://root@localhost/x?ssl-mode=VERIFY_CA&ssl-ca=absent.pem',
    'mysql://root@127.0.0.1/x?ssl-mode=VERIFY_IDENTITY',
    'mysql://root@localhost/x?stringifyObjects=false',
    'mysql://root@localhost/x?charset=latin1',
  ],
  AMQP_EXCHANGE: ['two words', 'amq.topic', 'x'.repeat(128)],
  AMQP_URL: [
    'localhost:5672',
    'http://localhost',
    'amqp://',
    'amqp://user:p@ss@localhost',
    'amqp://:%zz@localhost',
    'amqp://localhost:99999',
    'amqp://localhost/%zz',
    'amqp://localhost/a/b',
    'amqp://localhost?heartbeat=1',
    'amqp://a,b',
  ],
  REDIS_URL: [
    'localhost:6379',
    'http://localhost',
    'redis://',
    'redis://localhost:99999',
    'redis://:%zz@localhost',
    'redis+cluster://a:1,b:99999',
    'redis+sentinel://a:1,,b:2/x',
    'redis://localhost/six',
    'redis://localhost/-1',
    'redis://localhost/1/2',
    'redis://a,b',
    'redis://localhost?db=3',
    'redis://localhost#3',
    'redis://::1:6379',
    'redis+cluster://a,b/1',
    'redis+sentinel://a/mymaster/six',
    'redis+sentinel://a/mymaster/1/2',
    'redis+sentinel://a/mymaster?password=x',
    'redis+sentinel://[::1/mymaster',
  ],
  SMTP_URL: [
    'smtp://localhost?requiretls=true',
    'smtp://localhost?secure=true',
    'smtp://localhost#x',
    'localhost:25',
    'http://localhost',
    'smtp://',
    'smtp://x:99999',
    'smtps://%zz:x@localhost',
  ],
  MAIL_FROM: [
    'Holocron',
    'Holocron <no-reply>',
    'no-reply@localhost\r\nBcc: x@y',
    'a@x <b@y',
    'a@x, b@y',
    'Holocron <a@x> <b@y>',
    'Holocron <a b@x>',
    'Holocron <a@b,c>',
    'Holocron <a,b@x>',
    'Holocron <a@x..y>',
    'Holocron\u0007 <a@x>',
    'Jürgen <jürgen@login.example>',
  ],
  SMTP_CLIENT_NAME: ['login example', 'login.example\r\nMAIL FROM:<x@y>', '-x', '[login.example]', 'lo_gin'],
  SECRET: [
    'short',
    '0123456789abcdef0123456789abcde',
    'a'.repeat(64),
    'abc'.repeat(30),
    ' '.repeat(64),
    'change-me-0123456789-0123456789-xyz',
    'CHANGEME-0123456789-0123456789-xyz',
    'your-secret-0123456789-0123456789-x',
    'replace-this-with-32-random-characters',
    'example-0123456789-0123456789-abcdef',
    '0123456789'.repeat(4),
    '9876543210'.repeat(4),
    'aZ3kq9XpLw'.repeat(4),
    'abcdefghijklmnopqrstuvwxyz0123456789',
    'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz',
    `${SECRET},short`,
    `short,${SECRET}`,
    `${SECRET},`,
    `,${SECRET}`,
  ],
  LOG_LEVEL: ['verbose', 'INFO', 'warning'],
  TRUST_PROXY: [
    'true',
    'loopback',
    '0',
    '10',
    '-1',
    '1.2.3',
    '0.0.0.0/0',
    '::/0',
    '10.0.0.0/33',
    '10.0.0.0/255.0.0.0',
    '10.0.0.0/',
    '10.0.0.0/8/8',
    '::/129',
    '10.0.0.1,',
    ', 10.0.0.1',
    '10.0.0.256',
    'fe80::g',
    'proxy.internal',
    '*',
  ],
  CORS_ORIGINS: [
    '*',
    'null',
    'app.example',
    'https://app.example/',
    'https://app.example/path',
    'https://a.example;x y',
    'https://*.example',
    'capacitor://*',
    'capacitor://localhost/',
    'file://host',
    'javascript://x',
    'https://user@app.example',
    'https://app.example:99999',
    'https://app.example:x',
    'https://app.example,',
    'https://app.example,,https://b.example',
    'https://',
  ],
  COOKIE_ORIGINS: [
    '*',
    'null',
    'http://localhost/',
    'http://localhost,',
    // Of other sites than the default PUBLIC_URL, http://localhost:3000.
    'https://localhost:5173',
    'http://127.0.0.1:5173',
    'http://app.example',
    'capacitor://localhost',
  ],
  HSTS: ['on', '31536000', 'max-age=-1', 'max-age=1\r\nSet-Cookie: a=b', 'max-age=1; includeSubdomains'],
  PHONE_REGION: ['us', 'USA', 'XX'],
  METRICS_TOKEN: ['short', '0123456789'.repeat(4)],
  WORKERS: [...INTEGERS, '0', '129', '2'],
  PASSWORD_MAX_LENGTH: [...INTEGERS, '31', '1025'],
  BODY_LIMIT_BYTES: [...INTEGERS, '1023'],
  ARGON2_PARALLELISM: [...INTEGERS, '0', '65'],
  ARGON2_THREADS: [...INTEGERS, '0', '129'],
  REVOCATION_MAX_STALENESS_SECONDS: [...INTEGERS, '1', '2000001'],
  SHUTDOWN_DELAY_SECONDS: [...INTEGERS, '61'],
  TEMPLATES_DIR: ['no/such/folder', 'package.json'],
  MIGRATE_ON_START: FLAGS,
  HIDE_ACCOUNTS: FLAGS,
}

/** The rest of the whole numbers: all that a pattern of names tells. */
for (const name of Object.keys(ConfigSchema.properties)) {
  if (/_(SECONDS|MAX|SIZE|KIB|ITERATIONS|MS)$/.test(name)) WRONG[name] ??= INTEGERS
}

for (const [name, values] of Object.entries(WRONG)) {
  t.test(`a wrong ${name} is refused with one line that names it and says what it wants`, async t => {
    for (const value of values) {
      const error = refusal({ SECRET, [name]: value })
      t.ok(error instanceof ConfigError, JSON.stringify(value))
      t.match(error?.message, new RegExp(`^${name}: [^\\n]+\\. Expected: [^\\n]+\\.$`))
    }
  })
}

t.test('a refusal never shows the value: it may hold a password', async t => {
  const values = {
    SECRET: 'canary',
    DATABASE_URL: 'postgres://root:canary@localhost/x',
    AMQP_URL: 'amqp://:canary%zz@localhost',
    REDIS_URL: 'redis://:canary%zz@localhost',
    SMTP_URL: 'smtp://root:canary@localhost:99999',
    PUBLIC_URL: 'https://root:canary@[',
  }
  for (const [name, value] of Object.entries(values)) {
    const error = refusal({ [name]: value })
    t.ok(error instanceof ConfigError, name)
    t.notMatch(error?.message, 'canary')
    t.notMatch(String(error?.stack) + JSON.stringify(error), 'canary')
    t.equal(error?.cause, undefined)
  }
})

const RIGHT: Record<string, string[]> = {
  APP_COLOR: ['#000000', '#2f54c9', '#B3261E', '#0a7a3f'],
  APP_LOGO: ['https://cdn.example/logo.svg?v=2'],
  APP_NAME: ['Ångström & Söhne <Labs>', '株式会社'],
  APP_URL: ['https://app.example', 'http://localhost:5173/start?from=login#top'],
  TEMPLATES_DIR: ['docs'],
  NODE_ENV: ['development', 'test'],
  PORT: ['0', '1', '65535'],
  PUBLIC_URL: [
    'http://localhost:3000',
    'https://login.example/base',
    'https://[::1]:3000',
    'HTTPS://login.example',
  ].slice(0, 3),
  DATABASE_URL: [
    'sqlite::memory:',
    'sqlite:/var/lib/holocron.db',
    'mysql://root@localhost/x',
    'mysql://u:p%40ss@db.example:3307/holocron?ssl-mode=REQUIRED',
    'mysql://u@db.example/holocron?ssl-mode=VERIFY_IDENTITY&ssl-ca=package.json',
    'mysql://u@localhost/holocron?socket=/run/mysqld/mysqld.sock',
    'mysql://root@[::1]:3306/x',
  ],
  AMQP_URL: [
    'amqp://localhost',
    'amqps://user:p%40ss%3A@mq.example:5671/',
    'amqp://user:a:b@mq.example/my%2Fhost',
    'amqp://[::1]:5672/host',
  ],
  REDIS_URL: [
    'redis://localhost',
    'redis://:p%40ss@localhost:6379/2',
    'rediss://user:pass@redis.example:6380',
    'redis+sentinel://a:26379,b:26379/mymaster',
    'redis+cluster://user:pass@a:1,b:2,c',
    'rediss+cluster://a,b',
    'redis://[::1]:6379',
    'rediss+sentinel://user:p%3A@[::1]:26379,b/mymaster/3?sentinelUsername=s&sentinelPassword=p%26q',
    'redis+sentinel://a',
  ],
  SMTP_URL: [
    'smtp://localhost',
    'smtps://u%40x:p@smtp.example:465',
    'smtp://localhost:25?tls.rejectUnauthorized=false',
  ],
  MAIL_FROM: [
    'no-reply@localhost',
    'Holocron <no-reply@login.example>',
    '"Holocron, accounts" <no-reply@login.example>',
    'Jürgen 👋 <no-reply@bücher.example>',
  ],
  SECRET: [`${SECRET}`, `${SECRET},another-horse-another-staple-4567`, 'sX3/p0+q9rT7uV5wY1zA2bC4dE6fG8hJ='],
  LOG_LEVEL: ['fatal', 'silent'],
  ACCESS_TOKEN_ALGORITHM: ['ES256', 'RS256', 'RS256,EdDSA', 'ES256 , RS256'],
  ACCESS_TOKEN_AUDIENCE: ['https://api.example', 'holocron:refresh2'],
  TRUST_PROXY: ['1', '9', '10.0.0.1', '10.0.0.0/8, ::1', 'fd00::/8,127.0.0.1', '0.0.0.0/1'],
  CORS_ORIGINS: [
    'https://app.example',
    'https://app.example, http://localhost:5173',
    'capacitor://localhost,ionic://localhost',
  ],
  COOKIE_ORIGINS: ['http://localhost:5173', 'http://LOCALHOST:80, http://localhost:4173'],
  MIGRATE_ON_START: ['true', 'false'],
}

t.test('valid values are accepted', async t => {
  for (const [name, values] of Object.entries(RIGHT)) {
    for (const value of values) t.equal(refusal({ SECRET, [name]: value }), undefined, `${name}=${value}`)
  }
})

t.test('origins that share the cookie are of the same site as PUBLIC_URL, as far as anybody can tell', async t => {
  const cases: [publicUrl: string, origin: string, accepted: boolean][] = [
    ['https://accounts.example.com', 'https://app.example.com', true],
    ['https://accounts.example.com', 'https://example.com:8443', true],
    ['https://example.com', 'https://deep.app.example.com', true],
    ['http://127.0.0.1:3000', 'http://127.0.0.1:5173', true],
    ['http://intranet', 'http://intranet:8080', true],
    ['https://accounts.example.com', 'http://app.example.com', false],
    ['https://accounts.example.com', 'https://app.example.org', false],
    ['https://accounts.example.com', 'https://notexample.com', false],
    ['http://10.0.0.1', 'http://11.1.0.1', false],
    ['http://intranet', 'http://wiki', false],
  ]
  for (const [PUBLIC_URL, COOKIE_ORIGINS, accepted] of cases)
    t.equal(refusal({ SECRET, PUBLIC_URL, COOKIE_ORIGINS }) === undefined, accepted, `${PUBLIC_URL} ${COOKIE_ORIGINS}`)
})

t.test('values come in their types', async t => {
  const config = readConfig({ SECRET, PORT: '0', MIGRATE_ON_START: 'true', HIDE_ACCOUNTS: 'false' })
  t.match(config, { PORT: 0, MIGRATE_ON_START: true, HIDE_ACCOUNTS: false })
})

t.test('with nothing set, everything has its default', async t => {
  const config = readConfig({})
  t.match(config, {
    NODE_ENV: 'development',
    HOST: '127.0.0.1',
    PORT: 3000,
    PUBLIC_URL: 'http://localhost:3000',
    DATABASE_URL: 'sqlite:./data/holocron.db',
    DATA_DIR: './data',
    LOG_LEVEL: 'info',
    TRUST_PROXY: '',
    CORS_ORIGINS: '',
    RATE_LIMIT_MAX: 6000,
    AUTH_RATE_LIMIT_MAX: 30,
    PASSWORD_MAX_LENGTH: 32,
    ARGON2_MEMORY_KIB: 19_456,
    ARGON2_ITERATIONS: 2,
    ARGON2_PARALLELISM: 1,
    ACCESS_TOKEN_TTL_SECONDS: 900,
    REFRESH_TOKEN_TTL_SECONDS: 2_592_000,
    REFRESH_GRACE_SECONDS: 10,
    REVOCATION_MAX_STALENESS_SECONDS: 30,
    MIGRATE_ON_START: false,
    HIDE_ACCOUNTS: false,
  })
  t.ok(config.ARGON2_THREADS >= 1 && config.ARGON2_THREADS <= 3)
  for (const name of ['SECRET', 'REDIS_URL', 'SMTP_URL', 'ACCESS_KEY_FILE'] as const) t.equal(config[name], undefined)
})

t.test('an empty value counts as absent', async t => {
  const empty = Object.fromEntries(Object.keys(ConfigSchema.properties).map(name => [name, '']))
  t.same(readConfig(empty), readConfig({}))
})

t.test('unknown variables are ignored', async t => {
  const config = readConfig({ PATH: '/bin', HOME: '/', SECRETS: 'x', port: '1', npm_config_x: 'y', __proto__: 'x' })
  t.same(config, readConfig({}))
})

t.test('the configuration cannot be changed afterwards', async t => {
  const config = readConfig({ SECRET })
  t.ok(Object.isFrozen(config))
  t.throws(() => Object.assign(config, { RATE_LIMIT_MAX: 1 }), TypeError)
})

t.test(
  'PUBLIC_URL follows the port, and loses the slash at its end, since links and `iss` are made from it',
  async t => {
    t.equal(readConfig({ PORT: '8080' }).PUBLIC_URL, 'http://localhost:8080')
    t.equal(readConfig({ PUBLIC_URL: 'https://login.example/' }).PUBLIC_URL, 'https://login.example')
    t.equal(readConfig({ PUBLIC_URL: 'https://login.example/base//' }).PUBLIC_URL, 'https://login.example/base')
  },
)

const PRODUCTION = {
  NODE_ENV: 'production',
  SECRET,
  PUBLIC_URL: 'https://login.example',
  SMTP_URL: 'smtp://localhost',
  MAIL_FROM: 'no-reply@login.example',
}

t.test('production requires SECRET, PUBLIC_URL, SMTP_URL and MAIL_FROM', async t => {
  t.equal(refusal(PRODUCTION), undefined)
  for (const name of ['SECRET', 'PUBLIC_URL', 'SMTP_URL', 'MAIL_FROM'] as const) {
    const { [name]: _, ...rest } = PRODUCTION
    for (const env of [rest, { ...rest, [name]: '' }] as Environment[]) {
      t.match(refusal(env), {
        name: 'ConfigError',
        message: new RegExp(`^${name}: required in production\\. [^\\n]+$`),
      })
    }
  }
})

t.test('threat: NODE_ENV is forgotten, and strangers read the development mailbox', async t => {
  const message = /^NODE_ENV: required to listen beyond this machine without SMTP_URL[^\n]+$/
  for (const HOST of ['0.0.0.0', '::', '192.168.1.5', 'db.internal']) {
    t.match(refusal({ HOST }), { name: 'ConfigError', message })
    t.equal(refusal({ HOST, NODE_ENV: 'development' }), undefined)
    t.equal(refusal({ HOST, SMTP_URL: 'smtp://localhost' }), undefined)
  }
  for (const HOST of ['127.0.0.1', '127.0.0.2', 'localhost', '::1']) t.equal(refusal({ HOST }), undefined, HOST)
})

t.test('MySQL and Redis require a SECRET: each process would generate its own', async t => {
  for (const env of [{ DATABASE_URL: 'mysql://root@localhost/x' }, { REDIS_URL: 'redis://localhost' }]) {
    t.match(refusal(env), { name: 'ConfigError', message: /^SECRET: required with MySQL or Redis[^\n]+$/ })
  }
})

t.test('an embedded database belongs to one process', async t => {
  t.match(refusal({ WORKERS: '2' }), { name: 'ConfigError', message: /^WORKERS: must be 1 with SQLite[^\n]+$/ })
  t.equal(refusal({ SECRET, WORKERS: '2', DATABASE_URL: 'mysql://root@localhost/x' }), undefined)
})

t.test('argon2 needs its memory for each lane', async t => {
  t.match(refusal({ ARGON2_MEMORY_KIB: '31', ARGON2_PARALLELISM: '4' }), {
    message: /^ARGON2_MEMORY_KIB: must be 8 times/,
  })
  t.equal(refusal({ ARGON2_MEMORY_KIB: '32', ARGON2_PARALLELISM: '4' }), undefined)
})

t.test("the settings' schema has no keyword that is ignored", async t => {
  const looked = ['type', 'enum', 'pattern', 'minLength', 'maxLength', 'minimum', 'maximum', 'default', 'description']
  for (const [name, schema] of Object.entries(ConfigSchema.properties)) {
    t.same(
      Object.keys(schema).filter(keyword => !looked.includes(keyword)),
      [],
      name,
    )
  }
})

t.test('without MAIL_FROM, mails come from the product by its name', t => {
  t.equal(readConfig({ SECRET, APP_NAME: 'Rebel Alliance' }).MAIL_FROM, 'Rebel Alliance <no-reply@localhost>')
  t.end()
})
