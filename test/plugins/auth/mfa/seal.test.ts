// OWASP ASVS V11: a copy of the database shows nobody a secret, and a row moved to another user opens nothing.
import { randomBytes } from 'node:crypto'
import t from 'tap'
import { createSeal } from '../../../../plugins/auth/mfa/seal.ts'

const [old, fresh] = [randomBytes(32), randomBytes(32)]

t.test('what was sealed opens for its owner, and for nobody else', async t => {
  const seal = createSeal([fresh])
  const sealed = seal.close('JBSWY3DPEHPK3PXP', 'leia')
  t.notMatch(sealed.ciphertext, 'JBSWY3DPEHPK3PXP')
  t.equal(seal.open(sealed, 'leia'), 'JBSWY3DPEHPK3PXP')
  t.throws(() => seal.open(sealed, 'vader'))
})

t.test('no two seals of one text are the same', async t => {
  const seal = createSeal([fresh])
  t.not(seal.close('a', 'leia').ciphertext, seal.close('a', 'leia').ciphertext)
})

t.test('one flipped bit anywhere, or a byte less, and it does not open', async t => {
  const seal = createSeal([fresh])
  const { ciphertext, key_id } = seal.close('JBSWY3DPEHPK3PXP', 'leia')
  const bytes = Buffer.from(ciphertext, 'base64url')
  for (let at = 0; at < bytes.length; at++) {
    const tampered = Buffer.from(bytes)
    tampered[at] = (tampered[at] ?? 0) ^ 1
    t.throws(() => seal.open({ ciphertext: tampered.toString('base64url'), key_id }, 'leia'), `byte ${at}`)
  }
  for (const short of [bytes.subarray(0, -1), bytes.subarray(0, 5), Buffer.alloc(0)])
    t.throws(() => seal.open({ ciphertext: short.toString('base64url'), key_id }, 'leia'))
})

t.test('an older key still opens what it sealed, and seals nothing', async t => {
  const before = createSeal([old]).close('JBSWY3DPEHPK3PXP', 'leia')
  const both = createSeal([fresh, old])
  t.same(both.older, [before.key_id])
  t.equal(both.open(before, 'leia'), 'JBSWY3DPEHPK3PXP')
  t.not(both.close('a', 'leia').key_id, before.key_id)
  t.throws(() => createSeal([fresh]).open(before, 'leia'), { message: /SECRET/ })
})
