import t from 'tap'
import { FORMATS, parseForeign } from '../../../../../plugins/auth/passwords/foreign/index.ts'
import { PASSWORD } from '../../../../support/app.ts'
import { FIREBASE, MADE, PUBLISHED } from '../../../../support/foreign-hashes.ts'

const secrets = { firebaseSignerKeys: FIREBASE.map(({ signerKey }) => signerKey) }
const made = Object.entries(MADE).map(([name, hash]) => ({ name, hash, password: PASSWORD }))
const vectors = [...PUBLISHED, ...made, ...FIREBASE]

for (const { name, password, hash } of vectors)
  t.test(`${name}: its password matches, and no other does`, async t => {
    const parsed = parseForeign(hash)
    t.ok(parsed, 'understood')
    t.equal(parsed?.excess, undefined)
    t.equal(parsed?.matches(password, secrets), true)
    for (const wrong of [`${password}x`, password.slice(1), password.slice(0, -1), ''])
      t.equal(parsed?.matches(wrong, secrets), false, JSON.stringify(wrong))
  })

t.test('the sample of each hash takes the same work and the same algorithm, and opens to nobody', async t => {
  for (const { hash, name, password } of vectors) {
    const parsed = parseForeign(hash)
    const sample = parseForeign(parsed?.sample ?? '')
    t.match(sample, { algorithm: parsed?.algorithm, work: parsed?.work }, name)
    t.equal(sample?.matches(password, secrets), false)
  }
})

t.test('no hash is in two formats (an import must not depend on their order)', async t => {
  for (const { hash, name } of vectors) {
    const bare = hash.replace(/^(\{(CRYPT|bcrypt)\}|bcrypt\$|argon2(?=\$argon2))/, '')
    const formats = FORMATS.filter(format => format.parse(bare))
    t.equal(formats.length, 1, `${name}: ${formats.map(format => format.name)}`)
  }
})

t.test('a Firebase hash opens to nobody without its signer key (a stolen database)', async t => {
  for (const { hash, password } of FIREBASE)
    for (const firebaseSignerKeys of [[], [''], ['A'.repeat(86)]])
      t.equal(parseForeign(hash)?.matches(password, { firebaseSignerKeys }), false)
})

t.test('WordPress cuts white space off both ends before it hashes', async t => {
  const hash = MADE["WordPress 6.8, by Python's bcrypt and hmac"] ?? ''
  t.equal(parseForeign(hash)?.matches(` ${PASSWORD}\n`, secrets), true)
})

const TOO_COSTLY: Record<string, RegExp> = {
  $2b$15$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy: /bcrypt with a cost of more than 14/,
  $2b$31$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy: /bcrypt/,
  '$wp$2y$17$HoWBuIZiVk0UZGiCbKWEgeolDvBjIFPt18BFU7CPrLYdL/zeeOtie': /bcrypt/,
  'bcrypt_sha256$$2b$20$HoWBuIZiVk0UZGiCbKWEgeggLuIlBONjF5iMQx.drwKTM/UZ4O6Sm': /bcrypt/,
  'pbkdf2_sha256$2000001$seasalt2$MVFG+OepWjbcJbTMtzmnNIJDiZtROaJuOp8zFQT5j4M=': /PBKDF2 with more than 2000000/,
  // Two blocks of a key: each costs all the iterations.
  [`$pbkdf2-sha256$1000001$MDEyMzQ1Njc4OWFiY2RlZg$${'A'.repeat(86)}`]: /PBKDF2/,
  'AQAAAAL/////AAAAEDAxMjM0NTY3ODlhYmNkZWYq9YAKJZkU95RzrNKGXJdCf0ICH9qmMfHD+GD18XBHCw==': /PBKDF2/,
  '$scrypt$ln=18,r=8,p=1$MDEyMzQ1Njc4OWFiY2RlZg$1Y0aeSmh1h33SoyLKZtVTDXH2YKgdiOpHoPJho1EgxY': /scrypt/,
  '$scrypt$ln=63,r=8,p=1$MDEyMzQ1Njc4OWFiY2RlZg$1Y0aeSmh1h33SoyLKZtVTDXH2YKgdiOpHoPJho1EgxY': /scrypt/,
  '$scrypt$ln=14,r=8,p=99$MDEyMzQ1Njc4OWFiY2RlZg$1Y0aeSmh1h33SoyLKZtVTDXH2YKgdiOpHoPJho1EgxY': /scrypt/,
  '$fbscrypt$v=1,n=20,r=8,p=1,ss=Bw==$42xEC+ixf3L2lw==$lSrfV15cpx95/sZS2W9c9Kp6i/LVgQND': /scrypt/,
  $P$RDHarness4eeOsrb5JFXFckXOqDvD50: /phpass/,
  [`$argon2id$v=19$m=262145,t=1,p=1$${'A'.repeat(22)}$${'A'.repeat(43)}`]: /argon2/,
  [`$argon2id$v=19$m=262144,t=5,p=1$${'A'.repeat(22)}$${'A'.repeat(43)}`]: /argon2/,
}
for (const [hash, reason] of Object.entries(TOO_COSTLY))
  t.test(`${hash.slice(0, 30)}… would keep a thread busy at every guess: it says why (denial of service)`, async t => {
    t.match(parseForeign(hash)?.excess, reason)
  })

t.test('what is no hash, or no whole one, is not understood', async t => {
  const strings = [
    '',
    PASSWORD,
    '!',
    '5f4dcc3b5aa765d61d8327deb882cf99',
    '$2b$03$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy',
    'pbkdf2_sha256$0$seasalt2$MVFG+OepWjbcJbTMtzmnNIJDiZtROaJuOp8zFQT5j4M=',
    'pbkdf2_sha256$1000$seasalt2$MVFG',
    'pbkdf2_md5$1000$seasalt2$MVFG+OepWjbcJbTMtzmnNIJDiZtROaJuOp8zFQT5j4M=',
    '$scrypt$ln=0,r=8,p=1$MDEyMzQ1Njc4OWFiY2RlZg$1Y0aeSmh1h33SoyLKZtVTDXH2YKgdiOpHoPJho1EgxY',
    '$scrypt$ln=14,r=0,p=1$MDEyMzQ1Njc4OWFiY2RlZg$1Y0aeSmh1h33SoyLKZtVTDXH2YKgdiOpHoPJho1EgxY',
    'scrypt:1000:8:1$salt$00112233445566778899aabbccddeeff',
    // ASP.NET's own tests: too short, and too long.
    'AAABAgMEBQYHCAkKCwwNDg+ukCEMDf0yyQ29NYubggE=',
    'AQAAAAIAAAAyAAAAEOMwvh3+FZxqkdMBz2ek',
    'AAABAgMEBQYHCAkKCwwNDg+ukCEMDf0yyQ29NYubggHIVY0sdEUfdyeM+E1LtH1uJgAAAAAAAAAAAAA=',
    '{SSHA}tooshort',
    '{SHA}jLbKuf1obI5jBWdWbPFAxEEoAbRzYWx0c2FsdA==',
    '{SSHA}+qOuqXgjrSPjXHxRLG+R73jmL+4=',
    // passwap's tests of phpass: rounds that are too few or too many, a salt that is none.
    '$P$1IQRaTwmfeRo7ud9Fh4E2PdI0S3r.L0',
    '$P$912345678X@badSalt',
    `$argon2id$v=19$m=65536,t=0,p=1$${'A'.repeat(22)}$${'A'.repeat(43)}`,
    `$2b$10$${'a'.repeat(300)}`,
  ]
  for (const string of strings) t.equal(parseForeign(string), undefined, string)
})
