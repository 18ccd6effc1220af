import t from 'tap'
import { findUserByEmail } from '#sql/users.ts'
import { canonicalEmail } from '../../../../plugins/http/validation/email.ts'
import { build, call, codeOf, logIn, newEmail, PASSWORD } from '../../../support/app.ts'
import { expectError } from '../../../support/error-response.ts'

const app = await build(t)
const ROUTES = ['signup', 'login', 'resend_verification_email']

const post = (route: string, email: unknown) =>
  call(app, 'POST', `/users/v1/${route}`, {
    payload: route === 'resend_verification_email' ? { email } : { email, password: PASSWORD },
  })

/** `length` characters in all. */
const domainOf = (length: number) => {
  const labels = 'x'.repeat(63).concat('.').repeat(4).slice(0, length)
  return labels.endsWith('.') ? `${labels.slice(0, -2)}.x` : labels
}

const good: [name: string, address: string][] = [
  ['an ordinary address', 'leia.organa@alderaan.example'],
  ['one letter on each side', 'a@b.c'],
  ['all the signs of an atom', "!#$%&'*+-/=?^_`{|}~@signs.example"],
  ['a plus', 'leia+holocron@alderaan.example'],
  ['a percent sign', 'leia%0d%0aBcc%3ax@percent.example'],
  ['a quoted string', '"leia..organa"@alderaan.example'],
  ['an @ in quotes', '"a@evil"@ok.test'],
  ['a quoted quote', '"a\\"b"@quotes.example'],
  ['a comma and angle brackets in quotes', '"a,<b>"@quotes.example'],
  ['a label of 63', `a@${'x'.repeat(63)}.example`],
  ['inner hyphens', 'a@b--c.x-y.example'],
  ['digits', '1@2.3a'],
  ['254 characters', `a@${domainOf(252)}`],
  ['a long local part', `${'x'.repeat(64)}@long.example`],
]
for (const [name, address] of good)
  t.test(`${name} is an address, and gets exactly one mail`, async t => {
    t.equal((await post('signup', address)).statusCode, 200)
    await app.mailer.idle()
    const mails = app.mailbox?.list().filter(({ to }) => to === address.toLowerCase())
    t.equal(mails?.length, 1)
    t.equal(codeOf(await post('login', address)), 'email-unverified')
  })

const bad: [name: string, address: string][] = [
  ['nothing', ''],
  ['an @', '@'],
  ['no @', 'leia.example'],
  ['no local part', '@b.example'],
  ['no domain', 'a@'],
  ['one label', 'a@localhost'],
  ['a dot at the start', '.a@b.example'],
  ['a dot before the @', 'a.@b.example'],
  ['two dots', 'a..b@c.example'],
  ['two dots in the domain', 'a@b..example'],
  ['a domain that starts with a dot', 'a@.b.example'],
  ['a domain that ends with a dot', 'a@b.example.'],
  ['a hyphen at the start of a label', 'a@-b.example'],
  ['a hyphen at the end of a label', 'a@b-.example'],
  ['an underscore in the domain', 'a@b_c.example'],
  ['a label of 64', `a@${'x'.repeat(64)}.example`],
  ['255 characters', `a@${domainOf(253)}`],
  ['a label whose ASCII form is over 63', `a@${'ü'.repeat(60)}.example`],
  ['over 254 in its ASCII form', `a@${'ü'.repeat(30).concat('.').repeat(7)}example`],
  ['an IP address for a domain', 'a@127.0.0.1'],
  ['a number for a domain', 'a@1.2'],
  ['a hexadecimal number for a domain', 'a@0x7f.1'],
  ['an address literal', 'a@[127.0.0.1]'],
  ['two @', 'a@b@c.example'],
  ['a space', 'a b@c.example'],
  ['a space at the start', ' a@b.example'],
  ['a space at the end', 'a@b.example '],
  ['an unclosed quote', '"a@b.example'],
  ['empty quotes', '""@b.example'],
  ['text beside quotes', 'a"b"@c.example'],
  ['a bare backslash', 'a\\b@c.example'],
  ['a local part beyond ASCII', 'léia@alderaan.example'],
  ['a full-width @', 'a\uff20b.example'],
  ['an ideographic full stop', 'a@b\u3002example'],
  ['a broken punycode', 'a@xn--\u0301.example'],
  ['a punycode that decodes to nothing', 'a@xn--zzzzzzzz99.example'],
  ['a punycode that decodes to ASCII', 'a@mail.xn--abc-.example'],
  ['a comment', 'a(comment)@b.example'],
  ['a name before it', 'Leia <a@b.example>'],
  ['angle brackets', '<a@b.example>'],
  ['a list', 'a@b.example,c@d.example'],
  ['a list by semicolon', 'a@b.example;c@d.example'],
  ['a list by space', 'a@b.example c@d.example'],
  ['a group', 'friends:a@b.example;'],
  ['a route', '@evil.example:a@b.example'],
  ['mailto', 'mailto:a@b.example'],
  ['CR LF (header injection)', 'a@b.example\r\nBcc: c@d.example'],
  ['LF (header injection)', 'a@b.example\nBcc: c@d.example'],
  ['LF at the end', 'a@b.example\n'],
  ['CR LF in quotes (header injection)', '"a\r\nBcc: c@d.example"@b.example'],
  ['an escaped LF in quotes', '"a\\\nb"@c.example'],
  ['LF in the domain', 'a@b.\nexample'],
  ['CR LF percent-encoded in the domain', 'a@b.example%0d%0a'],
  ['NUL', 'a\0@b.example'],
  ['NUL in the domain', 'a@b.example\0'],
  ['a byte order mark', '\ufeffa@b.example'],
  ['a right-to-left override', 'a\u202e@b.example'],
  ['half a surrogate pair', 'a@b\ud83d.example'],
  ['a zero-width space in the domain', 'a@b\u200bc.example'],
]
for (const [name, address] of bad)
  t.test(`${name} is no e-mail address, on any route`, async t => {
    const mails = app.mailbox?.list().length
    for (const route of ROUTES)
      expectError(t, await post(route, address), 400, 'email-invalid', { in: 'body', field: 'email' })
    await app.mailer.idle()
    t.equal(app.mailbox?.list().length, mails)
  })

const earlier: [name: string, address: string][] = [
  ['a sentence in quotes', '"your account is locked: call 0900 1234 now"@mails.example'],
  ['an escaped space', '"leia\\ organa"@mails.example'],
  ['a local part of 65', `${'x'.repeat(65)}@mails.example`],
]
for (const [name, address] of earlier)
  t.test(`threat: ${name}, in what we mail; whoever has such an address already logs in with it`, async t => {
    expectError(t, await post('signup', address), 400, 'email-invalid', { in: 'body', field: 'email' })
    const { token, user_id, email } = await logIn(app)
    const asked = await call(app, 'POST', '/users/v1/email', { token, payload: { email: address, password: PASSWORD } })
    expectError(t, asked, 400, 'email-invalid', { in: 'body', field: 'email' })
    const stored = canonicalEmail(address) ?? ''
    await app.db.updateTable('users').set({ email: stored }).where('id', '=', user_id).execute()
    app.users.invalidate(user_id)
    t.equal((await post('login', address)).statusCode, 200)
    t.not(stored, email)
  })

const spellings: [name: string, first: string, others: string[]][] = [
  ['upper and lower case', 'Han.Solo@Corellia.Example', ['han.solo@corellia.example', 'HAN.SOLO@CORELLIA.EXAMPLE']],
  [
    'an IDN and its punycode',
    'a@bücher.example',
    ['a@xn--bcher-kva.example', 'A@XN--BCHER-KVA.EXAMPLE', 'a@BÜCHER.example'],
  ],
  ['NFC and NFD of a domain', 'a@caf\u00e9.example', ['a@cafe\u0301.example', 'a@CAFE\u0301.EXAMPLE']],
  ['full-width letters in a domain', 'a@wide.example', ['a@ｗｉｄｅ.example', 'a@ＷＩＤＥ.example']],
  ['the Kelvin sign', 'a@kelvin.example', ['a@\u212aelvin.example']],
]
for (const [name, first, others] of spellings)
  t.test(`${name} are one account`, async t => {
    t.equal((await post('signup', first)).statusCode, 200)
    for (const other of others) {
      expectError(t, await post('signup', other), 400, 'user-already-exists')
      t.equal(codeOf(await post('login', other)), 'email-unverified', 'and open it')
      await app.mailer.idle()
      const before = app.mailbox?.list().length ?? 0
      t.equal((await post('resend_verification_email', other)).statusCode, 200)
      await app.mailer.idle()
      t.equal(app.mailbox?.list().length, before + 1, 'and get its mail')
    }
  })

t.test('the e-mail is stored, mailed to and returned in canonical form', async t => {
  await post('signup', 'Mon.Mothma@B\u00dccher.Example')
  const user = await findUserByEmail(app.db, 'mon.mothma@xn--bcher-kva.example')
  t.ok(user)
  await app.mailer.idle()
  t.equal(app.mailbox?.list()[0]?.to, user?.email)
  await app.db
    .updateTable('users')
    .set({ email_verified: 1 })
    .where('id', '=', user?.id ?? 0)
    .execute()
  t.equal((await post('login', 'MON.MOTHMA@bücher.example')).json().email, user?.email)
})

t.test('threat: one mailbox has several accounts, by spellings of its quoted local part', async t => {
  const local = newEmail().split('@')[0] ?? ''
  t.equal((await post('signup', `${local}@alderaan.example`)).statusCode, 200)
  for (const spelling of [`"${local}"`, `"\\${local}"`, `"${local.toUpperCase()}"`, `"${[...local].join('\\')}"`])
    t.equal(codeOf(await post('signup', `${spelling}@alderaan.example`)), 'user-already-exists', spelling)
  t.equal((await post('signup', `"${local}..\\x"@alderaan.example`)).statusCode, 200)
  t.ok(await findUserByEmail(app.db, `"${local}..x"@alderaan.example`), 'what must be quoted stays quoted')
  t.equal((await post('signup', `"${local}\\"\\\\"@alderaan.example`)).statusCode, 200)
  t.ok(await findUserByEmail(app.db, `"${local}\\"\\\\"@alderaan.example`))
})

t.test('absurd e-mail addresses cost next to nothing (regular expression denial of service)', async t => {
  const absurd = [
    `${'a.'.repeat(126)}@`,
    `${'a.'.repeat(120)}!@b`,
    `"${'\\'.repeat(252)}`,
    `"${'\\ '.repeat(125)}@b.example`,
    `"${' '.repeat(250)}@`,
    `a@${'a-'.repeat(125)}`,
    `a@${'a.'.repeat(125)}`,
    `a@${'-'.repeat(250)}`,
    `a@${'é.'.repeat(125)}`,
    `a@${'e\u0301'.repeat(30).concat('.').repeat(4)}`,
    `a@${'\u0301'.repeat(250)}`,
    `a@${'xn--'.concat('a'.repeat(50)).concat('.').repeat(4)}example`,
    `a@${'中'.repeat(40).concat('.').repeat(6)}`,
    `${'a'.repeat(60_000)}@b.example`,
    'a@'.repeat(30_000),
    '"'.repeat(30_000),
    '@'.repeat(60_000),
  ]
  const rounds = 20
  for (const email of absurd) {
    const payload = JSON.stringify({ email, password: PASSWORD })
    const headers = { 'content-type': 'application/json' }
    const before = process.cpuUsage()
    for (let i = 0; i < rounds; i++) await app.inject({ method: 'POST', url: '/users/v1/login', payload, headers })
    const { user, system } = process.cpuUsage(before)
    const ms = (user + system) / 1000 / rounds
    t.ok(ms < 25, `${email.slice(0, 12)}…: ${ms.toFixed(1)} ms`)
  }
})
