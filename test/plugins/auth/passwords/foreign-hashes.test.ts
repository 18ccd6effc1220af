import t from 'tap'
import { isVerifiable } from '../../../../plugins/auth/passwords/foreign.ts'
import { build, call, PASSWORD, verifiedUser } from '../../../support/app.ts'

/** Hashes of the tests' usual password that other programs made: Python's hashlib, Werkzeug's form, bcrypt of PHP. */
const HASHES = {
  'scrypt, PHC form': '$scrypt$ln=14,r=8,p=1$MDEyMzQ1Njc4OWFiY2RlZg$LLnIWH45NMOr5Lr7YfjUBOyQJKxUuh5A13Do42te+6Q',
  'scrypt, Werkzeug':
    'scrypt:32768:8:1$saltSALT12345678$3f18bb58a44094480b5f308264d7bc5cc3837c10bab4d9ca6587523d2f432924a2aa2c0e528699932b23dd595dd83b896d54a7d70f5035e8b760780dff94d8b7',
  'bcrypt, PHP': '$2y$06$HoWBuIZiVk0UZGiCbKWEgeVimnwLYA.o6CztknMD1UzSk64JtFEhK',
}

for (const [name, hash] of Object.entries(HASHES)) {
  t.test(`a password kept as ${name} logs in, and is kept as argon2id from then on`, async t => {
    const app = await build(t)
    const user = await verifiedUser(app)
    await app.db.updateTable('users').set({ password_hash: hash }).where('email', '=', user.email).execute()
    const stored = async () =>
      (await app.db.selectFrom('users').select('password_hash').executeTakeFirstOrThrow()).password_hash

    const wrong = await call(app, 'POST', '/users/v1/login', { payload: { ...user, password: 'Alderaan1978' } })
    t.equal(wrong.statusCode, 404)
    t.equal(await stored(), hash)

    t.equal((await call(app, 'POST', '/users/v1/login', { payload: user })).statusCode, 200)
    t.match(await stored(), /^\$argon2id\$/)
    t.equal((await call(app, 'POST', '/users/v1/login', { payload: user })).statusCode, 200)
  })
}

t.test('hashes that would cost too much, or are none, are not accepted', async t => {
  const refused = [
    '',
    PASSWORD,
    '$scrypt$ln=30,r=8,p=1$YWJj$YWJjZGVmZ2hpamtsbW5vcA',
    '$2y$31$HoWBuIZiVk0UZGiCbKWEgeVimnwLYA.o6CztknMD1UzSk64JtFEhK',
    'scrypt:1000:8:1$salt$00112233445566778899aabbccddeeff',
    '5f4dcc3b5aa765d61d8327deb882cf99',
  ]
  for (const hash of refused) t.notOk(isVerifiable(hash), hash)
})
