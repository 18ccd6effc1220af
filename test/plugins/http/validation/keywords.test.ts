import { Ajv } from 'ajv'
import t from 'tap'
import { Otp, Password, RecoveryCode } from '#schemas/credentials.ts'
import { Email } from '#schemas/email.ts'
import { addKeywords } from '../../../../plugins/http/validation/keywords.ts'

const ajv = addKeywords(new Ajv({ verbose: true }))
const validate = ajv.compile<{ email: string }>({ type: 'object', properties: { email: Email } })

for (const [typed, canonical] of [
  ['Leia@Alderaan.EXAMPLE', 'leia@alderaan.example'],
  ['leia@BÜCHER.example', 'leia@xn--bcher-kva.example'],
  ['"Leia O"@alderaan.example', '"leia o"@alderaan.example'],
] as const) {
  t.test(`handlers get the canonical spelling of ${typed}`, async t => {
    const body = { email: typed }
    t.ok(validate(body))
    t.equal(body.email, canonical)
  })
}

for (const email of ['leia@1.2', `a@${'ü'.repeat(60)}.example`, `a@${'ü'.repeat(30).concat('.').repeat(7)}example`]) {
  t.test(`an address whose domain has no ASCII form is not valid: ${email.slice(0, 20)}`, async t => {
    const body = { email }
    t.notOk(validate(body))
    t.match(validate.errors, [{ keyword: 'x-canonical', parentSchema: { 'x-error-code': 'email-invalid' } }])
    t.equal(body.email, email)
  })
}

const codes = ajv.compile<{ otp?: string; recovery_code?: string }>({
  type: 'object',
  properties: { otp: Otp, recovery_code: RecoveryCode },
})

for (const otp of [
  '123456',
  '123 456',
  '123\u00a0456',
  ' 123456\r\n',
  '123-456',
  '123–456',
  '１２３４５６',
  '\u200e123456\u200b',
])
  t.test(`a one-time password is taken as apps show it and people paste it: ${JSON.stringify(otp)}`, async t => {
    const body = { otp }
    t.ok(codes(body))
    t.equal(body.otp, '123456')
  })

for (const recovery_code of [
  'KQ3W 7XTM AB2F ZLPE',
  ' KQ3W-7XTM-AB2F-ZLPE\n',
  'KQ3W – 7XTM – AB2F – ZLPE',
  'ＫＱ３Ｗ7XTMAB2FZLPE',
])
  t.test(`a recovery code is taken as people copy it: ${JSON.stringify(recovery_code)}`, async t => {
    const body = { recovery_code }
    t.ok(codes(body))
    t.equal(body.recovery_code, 'KQ3W7XTMAB2FZLPE')
  })

t.test('what is no code stays none, and long input is rejected before it is normalized', async t => {
  for (const otp of ['12345', '1234567', '123.456', '12e456', '', ' ']) t.notOk(codes({ otp }), otp)
  const body = { otp: '\ufdfa'.repeat(20_000) }
  t.notOk(codes(body))
  t.match(codes.errors, [{ keyword: 'maxLength' }])
  t.equal(body.otp.length, 20_000, 'NFKC would make eighteen characters of each')
})

t.test('threat: a password is normalized only if its length may be within the limit', async t => {
  const validatePassword = ajv.compile<{ password: string }>({ type: 'object', properties: { password: Password } })
  const marks = ['\u0345', '\u0344', '\u0344', '\u0316', '\u0321', '\u0334']
  const body = { password: `Aa1${marks.map(mark => mark.repeat(5333)).join('')}` }
  const start = performance.now()
  t.notOk(validatePassword(body))
  t.ok(performance.now() - start < 50, 'and not after a second')
  t.match(validatePassword.errors, [{ keyword: 'maxLength' }])

  const decomposed = { password: `Aa1${'\u1f82'.repeat(29).normalize('NFD')}` }
  t.ok(validatePassword(decomposed), 'four code points each')
  t.equal(decomposed.password, `Aa1${'\u1f82'.repeat(29)}`)
})

t.test('threat: the work on an address begins after its length and its pattern were checked', async t => {
  for (const [email, keyword] of [
    [`a@${'ü.'.repeat(50_000)}example`, 'maxLength'],
    ['a@@ü.example', 'pattern'],
  ] as const) {
    t.notOk(validate({ email }))
    t.match(validate.errors, [{ keyword }])
  }
})
