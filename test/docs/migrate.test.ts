/** docs/migrate.md at its word: each command that needs no other server turns an export into lines that come in and log in. */
import { execFile, execFileSync } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { CompiledQuery } from 'kysely'
import t from 'tap'
import { build, environment, logIn, PASSWORD } from '../support/app.ts'
import { FIREBASE, MADE } from '../support/foreign-hashes.ts'
import { run } from '../support/run-script.ts'

t.setTimeout(120_000)

const page = await readFile(join(import.meta.dirname, '../../docs/migrate.md'), 'utf8')
const BCRYPT = MADE['PHP and Laravel']
const [firebase] = FIREBASE

/** Exports in the form that the systems document, shortened. The first user has a password, the second has none, or is another's. */
const EXPORTS: Record<string, { file: string; text: string; password?: string; users: object[] }> = {
  Auth0: {
    file: 'auth0.json',
    text: `{"_id":{"$oid":"60425da93519d90068f82966"},"email_verified":true,"email":"leia@old.example","passwordHash":"${BCRYPT}","password_set_date":{"$date":"2021-03-05T16:34:49.502Z"},"tenant":"t","connection":"c","_tmp_is_unique":true}\n`,
    users: [{ email: 'leia@old.example' }],
  },
  Firebase: {
    file: 'firebase.json',
    password: firebase?.password ?? '',
    text: JSON.stringify({
      users: [
        {
          localId: 'a1',
          email: 'leia@old.example',
          emailVerified: true,
          passwordHash: firebase?.hash.split('$').at(-1),
          salt: firebase?.hash.split('$').at(-2),
          displayName: 'Leia',
          createdAt: '1486324170000',
          phoneNumber: '+4722334455',
          providerUserInfo: [],
        },
        { localId: 'a2', email: 'han@old.example', emailVerified: true, createdAt: '1486324170000', disabled: true },
        { localId: 'a3', phoneNumber: '+4722334456', createdAt: '1486324170000' },
      ],
    }),
    users: [
      { email: 'han@old.example', password_hash: '!', disabled: 1 },
      { email: 'leia@old.example', created_at: 1486324170000, phone_number: '+4722334455', first_name: 'Leia' },
    ],
  },
  Keycloak: {
    file: 'realm.json',
    text: JSON.stringify({
      realm: 'rebels',
      users: [
        {
          username: 'leia',
          email: 'leia@old.example',
          emailVerified: true,
          enabled: true,
          createdTimestamp: 1486324170000,
          firstName: 'Leia',
          lastName: 'Organa',
          credentials: [
            { type: 'otp', secretData: '{}', credentialData: '{}' },
            {
              type: 'password',
              secretData:
                '{"value":"kejlMN8JribSjWgZZQiHDNFcbg6gAv7vlMQ9hSeagqf6FbquvaYu9JlwfwmKvTR+W2u9sRtFwbu+G3QnpHSbhQ==","salt":"MDEyMzQ1Njc4OWFiY2RlZg==","additionalParameters":{}}',
              credentialData: '{"hashIterations":27500,"algorithm":"pbkdf2-sha256","additionalParameters":{}}',
            },
          ],
        },
        { username: 'han', email: 'han@old.example', emailVerified: false, enabled: false, credentials: [] },
        { username: 'service-account', enabled: true },
      ],
    }),
    users: [
      { email: 'han@old.example', password_hash: '!', disabled: 1 },
      { email: 'leia@old.example', first_name: 'Leia', last_name: 'Organa', created_at: 1486324170000 },
    ],
  },
  Django: {
    file: 'django.json',
    text: JSON.stringify([
      {
        model: 'auth.user',
        pk: 42,
        fields: {
          password: MADE['Django 5.2, pbkdf2_sha256'],
          last_login: null,
          is_superuser: false,
          username: 'leia',
          first_name: 'Leia',
          last_name: '',
          email: 'leia@old.example',
          is_staff: false,
          is_active: true,
          date_joined: '2024-01-02T03:04:05.678Z',
          groups: [],
          user_permissions: [],
        },
      },
      {
        model: 'auth.user',
        pk: 43,
        fields: {
          password: '!Xr5KbLP2lcdwBuEEdZzUBgGOKbvvOnGsRQGsgHfv',
          first_name: '',
          last_name: '',
          email: 'han@old.example',
          is_active: false,
          date_joined: '2024-01-02T03:04:05Z',
        },
      },
    ]),
    users: [
      { id: 43, email: 'han@old.example', password_hash: '!', disabled: 1 },
      { id: 42, email: 'leia@old.example', first_name: 'Leia', created_at: Date.UTC(2024, 0, 2, 3, 4, 5, 678) },
    ],
  },
  'ASP.NET Core Identity': {
    file: 'aspnet.json',
    text: JSON.stringify([
      {
        Email: 'leia@old.example',
        PasswordHash: MADE["ASP.NET Identity of .NET 8, by Python's hashlib"],
        EmailConfirmed: true,
        PhoneNumber: null,
        LockoutEnd: null,
      },
      {
        Email: 'han@old.example',
        PasswordHash: null,
        EmailConfirmed: false,
        PhoneNumber: '555',
        LockoutEnd: '9999-12-31T23:59:59.9999999+00:00',
      },
    ]),
    users: [{ email: 'han@old.example', password_hash: '!', disabled: 1 }, { email: 'leia@old.example' }],
  },
  LDAP: {
    file: 'users.ldif',
    text: [
      'dn: uid=leia,ou=people,dc=example,dc=org',
      'mail: leia@old.example',
      `userPassword:: ${Buffer.from(MADE['passlib 1.7, ldap_salted_sha1'] ?? '').toString('base64')}`,
      'givenName: Leia',
      `sn:: ${Buffer.from('Orgaña').toString('base64')}`,
      'createTimestamp: 20240102030405Z',
      '',
      'dn: uid=han,ou=people,dc=example,dc=org',
      'mail: han@old.example',
      'sn: Solo',
      '',
    ].join('\n'),
    users: [
      { email: 'han@old.example', password_hash: '!', last_name: 'Solo' },
      { email: 'leia@old.example', last_name: 'Orgaña', created_at: Date.UTC(2024, 0, 2, 3, 4, 5) },
    ],
  },
}

const commandOf = (system: string) =>
  new RegExp(`^## ${system}$.*?^\`\`\`bash\\n(.*?)^\`\`\`$`, 'ms').exec(page)?.[1] ?? ''

function hasJq(): boolean {
  try {
    execFileSync('jq', ['--version'])
    return true
  } catch {
    return false
  }
}
const skip = hasJq() ? {} : { skip: 'jq is not installed' }

for (const [system, { file, text, password = PASSWORD, users }] of Object.entries(EXPORTS))
  t.test(`users of ${system} move in as the page says, and log in`, skip, async t => {
    const env = await environment(t, { FIREBASE_SIGNER_KEY: firebase?.signerKey ?? '' })
    const app = await build(t, env)
    const folder = env.DATA_DIR ?? ''
    await writeFile(join(folder, file), text)
    await promisify(execFile)('bash', ['-c', commandOf(system)], { cwd: folder })
    t.match(await run('import-users.ts', ['users.ndjson'], env), {
      code: 0,
      out: `${users.length} users imported, 0 lines rejected.\n`,
    })
    t.match(await app.db.selectFrom('users').selectAll().orderBy('email').execute(), users)
    await logIn(app, { email: 'leia@old.example', password })
  })

t.test('once nobody has an old hash, the facts of them can go', async t => {
  const env = await environment(t)
  const app = await build(t, env)
  const [count = '', forget = ''] = [...page.matchAll(/^```sql\n([^`]*);\n```$/gm)]
    .map(([, sql]) => sql ?? '')
    .slice(-2)
  t.match(await app.db.executeQuery(CompiledQuery.raw(count)), { rows: [{ 'COUNT(*)': 0 }] })
  await app.db.executeQuery(CompiledQuery.raw(forget))
})
