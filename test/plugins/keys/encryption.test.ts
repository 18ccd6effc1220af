// OWASP ASVS V11: a copy of the database shows nobody a secret, and a row moved to another user opens nothing.
import { randomBytes } from 'node:crypto'
import t from 'tap'
import { createEncryption } from '../../../plugins/keys/encryption.ts'

const [old, fresh] = [randomBytes(32), randomBytes(32)]

t.test('a ciphertext decrypts for its owner only', async t => {
  const encryption = createEncryption([fresh])
  const encrypted = encryption.encrypt('JBSWY3DPEHPK3PXP', 'leia')
  t.notMatch(encrypted.ciphertext, 'JBSWY3DPEHPK3PXP')
  t.equal(encryption.decrypt(encrypted, 'leia'), 'JBSWY3DPEHPK3PXP')
  t.throws(() => encryption.decrypt(encrypted, 'vader'))
})

t.test('one text never has the same ciphertext twice', async t => {
  const encryption = createEncryption([fresh])
  t.not(encryption.encrypt('a', 'leia').ciphertext, encryption.encrypt('a', 'leia').ciphertext)
})

t.test('one flipped bit anywhere, or a byte less, and it does not decrypt', async t => {
  const encryption = createEncryption([fresh])
  const { ciphertext, key_id } = encryption.encrypt('JBSWY3DPEHPK3PXP', 'leia')
  const bytes = Buffer.from(ciphertext, 'base64url')
  for (let at = 0; at < bytes.length; at++) {
    const tampered = Buffer.from(bytes)
    tampered[at] = (tampered[at] ?? 0) ^ 1
    t.throws(() => encryption.decrypt({ ciphertext: tampered.toString('base64url'), key_id }, 'leia'), `byte ${at}`)
  }
  for (const short of [bytes.subarray(0, -1), bytes.subarray(0, 5), Buffer.alloc(0)])
    t.throws(() => encryption.decrypt({ ciphertext: short.toString('base64url'), key_id }, 'leia'))
})

t.test('an older key still decrypts what it encrypted, and encrypts nothing', async t => {
  const before = createEncryption([old]).encrypt('JBSWY3DPEHPK3PXP', 'leia')
  const both = createEncryption([fresh, old])
  t.same(both.olderKeys, [before.key_id])
  t.equal(both.decrypt(before, 'leia'), 'JBSWY3DPEHPK3PXP')
  t.not(both.encrypt('a', 'leia').key_id, before.key_id)
  t.throws(() => createEncryption([fresh]).decrypt(before, 'leia'), { message: /SECRET/ })
})
