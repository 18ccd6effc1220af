// Passkeys of native apps and of a second web origin: what is listed, verbatim, and nothing that looks like it.
import t from 'tap'
import { build, call, environment, logIn, reauthenticated } from '../../../support/app.ts'
import { authenticator } from '../../../support/authenticator.ts'
import { creationOptions, PASSKEYS, passkeyLogin, register, requestOptions } from '../../../support/passkeys.ts'

const ANDROID = `android:apk-key-hash:${'A'.repeat(42)}E`
const WEB = 'https://app.rebels.example'
const SETTINGS = {
  PUBLIC_URL: 'https://accounts.rebels.example',
  PASSKEY_RP_ID: 'rebels.example',
  PASSKEY_ORIGINS: `${WEB}, ${ANDROID}`,
}
const app = await build(t, SETTINGS)

async function enrolled(origin: string) {
  const session = await reauthenticated(app, await logIn(app))
  const key = authenticator(origin)
  return { key, response: await register(app, session.token, key) }
}

for (const origin of [SETTINGS.PUBLIC_URL, WEB, ANDROID])
  t.test(`a passkey is created and used at ${origin}`, async t => {
    const { key, response } = await enrolled(origin)
    t.equal(response.statusCode, 200, response.body)
    t.equal((await passkeyLogin(app, key)).statusCode, 200)
  })

t.test('the options name the relying party', async t => {
  const { token } = await reauthenticated(app, await logIn(app))
  t.equal((await creationOptions(app, token)).rp.id, 'rebels.example')
  t.equal((await requestOptions(app)).rpId, 'rebels.example')
})

const FOREIGN = [
  'https://evil.example',
  'https://rebels.example',
  'https://other.rebels.example',
  'https://app.rebels.example.evil.example',
  'https://evil.example/app.rebels.example',
  'https://xapp.rebels.example',
  'https://app.rebels.example:8443',
  'https://app.rebels.example.',
  'https://APP.rebels.example',
  'http://app.rebels.example',
  `${WEB}, ${ANDROID}`,
  '',
  'android:apk-key-hash:',
  `android:apk-key-hash:${'B'.repeat(43)}`,
  `${ANDROID}=`,
  ANDROID.toLowerCase(),
  ANDROID.replace('apk-key-hash', 'apk-key-hash-sha256'),
]
for (const origin of FOREIGN)
  t.test(`threat: a passkey is used at ${origin || 'no origin'}`, async t => {
    const { key } = await enrolled(WEB)
    t.equal((await passkeyLogin(app, key, { origin })).statusCode, 401)
    t.equal((await enrolled(origin)).response.statusCode, 400)
  })

t.test('threat: a listed origin is framed by a page of another one, or signs for another relying party', async t => {
  const { key } = await enrolled(WEB)
  for (const twist of [
    { crossOrigin: true },
    { rpId: 'accounts.rebels.example' },
    { rpId: 'app.rebels.example' },
    { rpId: 'example' },
  ])
    t.equal((await passkeyLogin(app, key, twist)).statusCode, 401, JSON.stringify(twist))
  const { token } = await reauthenticated(app, await logIn(app))
  const credential = authenticator(WEB).create(await creationOptions(app, token), { crossOrigin: true })
  t.equal((await call(app, 'POST', PASSKEYS, { token, payload: { credential } })).statusCode, 400)
})

const REFUSED: [name: string, settings: Record<string, string>][] = [
  ['of another site', { PASSKEY_RP_ID: 'evil.example' }],
  ['that only ends like the host', { PASSKEY_RP_ID: 's.rebels.example' }],
  ['below the host', { PASSKEY_RP_ID: 'www.accounts.rebels.example' }],
  ['of one label', { PASSKEY_RP_ID: 'example' }],
  ['that is a URL', { PASSKEY_RP_ID: 'https://rebels.example' }],
  ['above an IP address', { PASSKEY_RP_ID: '0.0.1', PUBLIC_URL: 'https://127.0.0.1' }],
]
for (const [name, settings] of REFUSED)
  t.test(`a relying party ${name} prevents the start`, async t => {
    const env = await environment(t, { ...SETTINGS, ...settings })
    await t.rejects(build(t, env), { message: /^PASSKEY_RP_ID: / })
  })

for (const PASSKEY_ORIGINS of [
  '*',
  'https://*',
  'app.rebels.example',
  'http://app.rebels.example',
  `${WEB}/`,
  `${WEB},`,
])
  t.test(`PASSKEY_ORIGINS=${PASSKEY_ORIGINS} prevents the start`, async t => {
    const env = await environment(t, { ...SETTINGS, PASSKEY_ORIGINS })
    await t.rejects(build(t, env), { message: /^PASSKEY_ORIGINS: / })
  })
