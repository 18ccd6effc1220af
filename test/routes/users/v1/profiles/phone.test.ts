import t from 'tap'
import { build, call, codeOf, logIn } from '../../../../support/app.ts'

const app = await build(t, { PHONE_REGION: 'US' })
const { user_id, token } = await logIn(app)

const patch = (payload: object) => call(app, 'PATCH', `/users/v1/${user_id}`, { token, payload })

async function e164() {
  const row = app.db.selectFrom('users').select('phone_e164').where('id', '=', user_id)
  return (await row.executeTakeFirstOrThrow()).phone_e164
}

const NUMBERS: [typed: string, shown: string, international: string | null][] = [
  ['(555) 123-4567', '(555) 123-4567', '+15551234567'],
  ['(212) 555\u2011\u00a00123', '(212) 555- 0123', '+12125550123'],
  ['212-555-0123 ext. 89', '212-555-0123 ext. 89', '+12125550123'],
  ['212.555.0123x89', '212.555.0123x89', '+12125550123'],
  ['+47\u00a022\u00a033\u00a044\u00a055', '+47 22 33 44 55', '+4722334455'],
  ['tel:+49 (0)30 901820', '+49 (0)30 901820', '+4930901820'],
  ['\uff0b\uff14\uff1722334455', '+4722334455', '+4722334455'],
  ['123', '123', null],
]
for (const [typed, shown, international] of NUMBERS)
  t.test(`${typed} is shown as typed, and kept in its international form`, async t => {
    t.equal((await patch({ phone_number: typed })).json().phone_number, shown)
    t.equal(await e164(), international)
  })

t.test('both forms are cleared together', async t => {
  await patch({ phone_number: '+47 22 33 44 55' })
  await patch({ first_name: 'Leia' })
  t.equal(await e164(), '+4722334455', 'another change leaves it')
  await patch({ phone_number: null })
  t.equal(await e164(), null)
})

t.test('without a region, national numbers are kept as typed', async t => {
  const app = await build(t)
  const { user_id, token } = await logIn(app)
  for (const [phone_number, phone_e164] of [
    ['(555) 123-4567', null],
    ['+1 (555) 123-4567', '+15551234567'],
  ]) {
    const response = await call(app, 'PATCH', `/users/v1/${user_id}`, { token, payload: { phone_number } })
    t.equal(response.json().phone_number, phone_number)
    const row = await app.db.selectFrom('users').select('phone_e164').where('id', '=', user_id).executeTakeFirst()
    t.same(row, { phone_e164 })
  }
})

t.test('what is no phone number is rejected', async t => {
  for (const phone_number of [
    'call me',
    '12',
    '',
    '()',
    '+',
    '555-1234 ext. my secretary',
    '1'.repeat(33),
    '1\u0000234',
  ])
    t.equal(codeOf(await patch({ phone_number })), 'request-invalid', phone_number)
})

t.test('a postal address may have several lines, however a form sends them', async t => {
  const response = await patch({ address: 'Royal Palace\r\nAldera\rAlderaan\n' })
  t.equal(response.json().address, 'Royal Palace\nAldera\nAlderaan')
  for (const address of ['Royal\u0000Palace', 'a\tb', '\u001b[31m', '\n'])
    t.equal(codeOf(await patch({ address })), 'request-invalid')
})
