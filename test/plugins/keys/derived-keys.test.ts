// The derivation of access keys must never change: every token and every cached JWKS would be invalid after an update.
import { checkPrimeSync, createHash, type KeyObject, sign, verify } from 'node:crypto'
import t from 'tap'
import { ed25519, p256, rsa } from '../../../plugins/keys/derived-keys.ts'
import { tokenKey } from '../../../plugins/keys/token-keys.ts'

const seed = (n: number) => createHash('sha256').update(`seed ${n}`).digest()
const EXTREME = [Buffer.alloc(32), Buffer.alloc(32, 255)]

const number = (text = '') => BigInt(`0x${Buffer.from(text, 'base64url').toString('hex')}`)
const publicKey = (key: KeyObject) => tokenKey(key).public

t.test('a seed always makes the same key', async t => {
  t.equal(tokenKey(ed25519(seed(1))).kid, 'bpnJnS1_eAJJV8SQdmNXLTXyl6A9-yLFLxLwLo6we-4')
  t.equal(tokenKey(p256(seed(1))).kid, '4k0xQ_6RE6rjOqcs4MWqG6Ss1lxrSapHqcFTkhWbYGk')
  t.equal(tokenKey(await rsa(seed(1))).kid, 'ls-4iViGG9nxryYtHitfFswT-ztuX3dqrH50bKbEsrU')
})

t.test('each seed makes a P-256 key of its own, the extreme ones too', t => {
  const keys = [...EXTREME, ...Array.from({ length: 50 }, (_, n) => seed(n))].map(p256)
  for (const key of keys) {
    const signature = sign('sha256', Buffer.from('x'), key)
    t.ok(verify('sha256', Buffer.from('x'), publicKey(key).toString(), signature))
  }
  t.equal(new Set(keys.map(key => tokenKey(key).kid)).size, keys.length)
  t.end()
})

t.test('each seed makes an RSA key of its own that meets FIPS 186-5', async t => {
  const keys = await Promise.all([...EXTREME, seed(1), seed(2)].map(rsa))
  for (const key of keys) {
    const jwk = key.export({ format: 'jwk' })
    const [n, e, d, p, q] = [jwk.n, jwk.e, jwk.d, jwk.p, jwk.q].map(number) as [bigint, bigint, bigint, bigint, bigint]
    t.ok(checkPrimeSync(p) && checkPrimeSync(q), 'two primes')
    t.equal(p * q, n)
    t.same(
      [n, p, q].map(each => each.toString(2).length),
      [2048, 1024, 1024],
    )
    t.equal(e, 65_537n)
    t.equal((e * d) % (p - 1n), 1n)
    t.equal((e * d) % (q - 1n), 1n)
    t.ok(d > 1n << 1024n, 'd is large')
    t.ok((p > q ? p - q : q - p) > 1n << (1024n - 100n), 'the primes are far apart')
    t.same([jwk.dp, jwk.dq].map(number), [d % (p - 1n), d % (q - 1n)])
    t.equal((number(jwk.qi) * q) % p, 1n)
    const signature = sign('sha256', Buffer.from('x'), key)
    t.ok(verify('sha256', Buffer.from('x'), publicKey(key).toString(), signature))
  }
  t.equal(new Set(keys.map(key => tokenKey(key).kid)).size, keys.length)
})
