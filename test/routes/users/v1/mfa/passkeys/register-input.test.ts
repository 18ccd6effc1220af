// Registration: what is no passkey, or not the one that was asked for, is refused, and used nothing up.
import type { FastifyInstance } from 'fastify'
import t from 'tap'
import { build, call, logIn } from '../../../../../support/app.ts'
import { authenticator, cbor, type Twist } from '../../../../../support/authenticator.ts'
import { expectError } from '../../../../../support/error-response.ts'
import { eventKinds } from '../../../../../support/mails.ts'
import { creationOptions, ORIGIN, PASSKEYS, register } from '../../../../../support/passkeys.ts'
import { outcome } from '../../../../../support/session.ts'

const app = await build(t)

const rows = (user_id: number, on = app) =>
  on.db.selectFrom('passkeys').selectAll().where('user_id', '=', user_id).execute()

const send = (token: string, credential: unknown, on: FastifyInstance = app) =>
  call(on, 'POST', PASSKEYS, { token, payload: { credential } as object })

const certificate = new Map<unknown, never>([
  ['alg', -7 as never],
  ['sig', Buffer.alloc(70) as never],
  ['x5c', [Buffer.alloc(300)] as never],
])
const twists: [name: string, twist: Twist][] = [
  ['made on another origin', { origin: 'http://evil.test' }],
  ['made on another port', { origin: `${ORIGIN}:8080` }],
  ['made on a subdomain', { origin: 'http://www.holocron.test' }],
  ['made over TLS, where the service has none', { origin: 'https://holocron.test' }],
  ['made for another host', { rpId: 'evil.test' }],
  ['made in a frame of another page', { crossOrigin: true }],
  ['an answer to a challenge of its own', { challenge: Buffer.alloc(56).toString('base64url') }],
  ['an answer to an empty challenge', { challenge: '' }],
  ['an assertion in the clothes of an attestation', { type: 'webauthn.get' }],
  ['made without the user verified', { flags: 1 }],
  ['made without the user present', { flags: 4 }],
  ['backed up, but not to be backed up', { flags: 1 | 4 | 16 }],
  ['one that nobody finds without an e-mail typed', { discoverable: false }],
  ['a credential id that is too short', { credentialId: Buffer.alloc(15, 1) }],
  ['a credential id that is too long', { credentialId: Buffer.alloc(1024, 1) }],
  ['an attestation with certificates to be looked up', { attestation: { fmt: 'packed', attStmt: certificate } }],
  ['an attestation of a TPM', { attestation: { fmt: 'tpm', attStmt: certificate } }],
  ['an attestation of an unknown kind', { attestation: { fmt: 'x', attStmt: new Map() } }],
  ['a statement where there is none', { attestation: { fmt: 'none', attStmt: certificate } }],
]
for (const [name, twist] of twists)
  t.test(`threat: ${name} is no passkey`, async t => {
    const { token, user_id } = await logIn(app)
    expectError(t, await register(app, token, authenticator(ORIGIN), twist), 400, 'passkey-invalid')
    t.same(await rows(user_id), [])
    t.same((await eventKinds(app, user_id)).includes('passkey-added'), false)
  })

t.test(
  'an authenticator that vouches for itself, unasked, is welcome; one that brings certificates is not even listened to',
  async t => {
    const { token } = await logIn(app)
    t.equal((await register(app, token, authenticator(ORIGIN), { attestation: 'self' })).statusCode, 200)
    const lines: string[] = []
    const heard = await build(t, { LOG_LEVEL: 'info' }, { write: line => void lines.push(line) })
    const { token: other } = await logIn(heard)
    for (const fmt of ['packed', 'tpm', 'fido-u2f', 'apple', 'android-key', 'android-safetynet'])
      await register(heard, other, authenticator(ORIGIN), { attestation: { fmt, attStmt: certificate } })
    t.equal(lines.filter(line => line.includes('an attestation that was not asked for')).length, 6)
  },
)

t.test('malformed or excessive CBOR is rejected', async t => {
  const { token, user_id } = await logIn(app)
  const good = authenticator(ORIGIN).create(await creationOptions(app, token))
  const nested = (depth: number) => Buffer.concat([Buffer.alloc(depth, 0x81), Buffer.from([0])])
  const objects: [name: string, bytes: Buffer][] = [
    ['one byte', Buffer.from([0])],
    ['a list', cbor([1, 2])],
    ['a map of nothing', cbor(new Map())],
    ['cut off', Buffer.from(good.response.attestationObject, 'base64url').subarray(0, 100)],
    ['deep', nested(6000)],
    ['a map that says it has 2^32 entries', Buffer.from([0xba, 0xff, 0xff, 0xff, 0xff])],
    ['text that says it has 2^32 bytes', Buffer.from([0x7a, 0xff, 0xff, 0xff, 0xff])],
    [
      'no authenticator data',
      cbor(
        new Map<unknown, never>([
          ['fmt', 'none' as never],
          ['attStmt', new Map() as never],
          ['authData', Buffer.alloc(36) as never],
        ]),
      ),
    ],
  ]
  for (const [name, bytes] of objects) {
    const response = { ...good.response, attestationObject: bytes.toString('base64url') }
    expectError(t, await send(token, { ...good, response }), 400, 'passkey-invalid')
    t.pass(name)
  }
  for (const clientData of ['', 'null', '[]', '"x"', '{}', '{"challenge":1}', `{"challenge":"${'x'.repeat(3000)}"}`]) {
    const response = { ...good.response, clientDataJSON: Buffer.from(clientData).toString('base64url') }
    t.equal((await send(token, { ...good, response })).statusCode, 400, clientData.slice(0, 20))
  }
  t.same(await rows(user_id), [])
  t.equal((await send(token, good)).statusCode, 200, 'and none of it used the challenge up')
})

t.test('huge, malformed and unknown fields are refused by the schema', async t => {
  const { token } = await logIn(app)
  const good = authenticator(ORIGIN).create(await creationOptions(app, token))
  const bad: [name: string, credential: unknown][] = [
    ['none', undefined],
    ['null', null],
    ['a text', 'x'],
    ['a list', [good]],
    ['no id', { ...good, id: undefined }],
    ['a huge id', { ...good, id: 'x'.repeat(1365) }],
    ['base64 that is not for URLs', { ...good, id: 'ab+/' }],
    ['padding', { ...good, rawId: 'YQ==' }],
    ['another type', { ...good, type: 'password' }],
    ['no extensions', { ...good, clientExtensionResults: undefined }],
    ['an unknown member', { ...good, user_id: 'x' }],
    ['no response', { ...good, response: undefined }],
    ['a huge attestation', { ...good, response: { ...good.response, attestationObject: 'x'.repeat(8193) } }],
    ['huge client data', { ...good, response: { ...good.response, clientDataJSON: 'x'.repeat(4097) } }],
    ['too many transports', { ...good, response: { ...good.response, transports: Array(9).fill('usb') } }],
    ['a transport that is markup', { ...good, response: { ...good.response, transports: ['<b>'] } }],
  ]
  for (const [name, credential] of bad) {
    const response = await send(token, credential)
    t.equal(outcome(response), '400 request-invalid', name)
  }
  for (const name of ['', 'x'.repeat(65), 'a\0b', 'a\r\nb', 7, []]) {
    const response = await call(app, 'POST', PASSKEYS, { token, payload: { credential: good, name } as object })
    t.equal(outcome(response), '400 request-invalid', JSON.stringify(name))
  }
})
