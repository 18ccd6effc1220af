// Social login is configured completely, over TLS, or not at all.
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { ConfigError, readConfig } from '../../../plugins/config/index.ts'
import { type Environment, SECRET } from '../../support/app.ts'

const read = (settings: Environment) => readConfig({ SECRET, ...settings })
const CORP = { issuer: 'https://login.corp.example', client_id: 'holocron', client_secret: 'top-secret' }
const providers = (corp: object, key = 'corp') => ({ OIDC_PROVIDERS: JSON.stringify({ [key]: corp }) })

for (const provider of ['GITHUB', 'GOOGLE', 'LINKEDIN', 'FACEBOOK']) {
  t.test(`${provider} without its id or its secret does not start`, async t => {
    const [id, secret] = [`${provider}_CLIENT_ID`, `${provider}_CLIENT_SECRET`]
    t.throws(() => read({ [id]: 'x' }), { message: new RegExp(`${secret}.*required with ${id}`) })
    t.throws(() => read({ [secret]: 'x' }), { message: new RegExp(`${id}.*required with ${secret}`) })
    t.match(read({ [id]: 'x', [secret]: 'y' }), { [id]: 'x', [secret]: 'y' })
  })
}

for (const name of [
  'GITHUB_BASE_URL',
  'GITHUB_API_URL',
  'GOOGLE_ISSUER',
  'LINKEDIN_ISSUER',
  'FACEBOOK_ISSUER',
  'FACEBOOK_API_URL',
]) {
  t.test(`${name} is an https URL, or http on this machine`, async t => {
    for (const url of ['https://github.corp.example', 'http://127.0.0.1:3001', 'http://localhost:1', 'http://[::1]:1'])
      t.match(read({ [name]: url }), { [name]: url })
    for (const url of [
      'http://github.corp.example',
      'http://127.0.0.1.evil.example',
      'http://localhost.evil.example',
      'https://user:password@github.corp.example',
      'https://github.corp.example?x=1',
      'https://github.corp.example#x',
      'ftp://github.corp.example',
      'github.corp.example',
      'https://',
    ])
      t.throws(() => read({ [name]: url }), { message: new RegExp(name) }, url)
  })
}

const WRONG: Record<string, [value: object, says: RegExp]> = {
  'no issuer': [{ ...CORP, issuer: undefined }, /"corp": issuer is missing/],
  'no client id': [{ ...CORP, client_id: undefined }, /"corp": client_id is missing/],
  'no client secret': [{ ...CORP, client_secret: undefined }, /"corp": client_secret is missing/],
  'an issuer without TLS': [{ ...CORP, issuer: 'http://login.corp.example' }, /"corp": issuer is invalid/],
  'a field that is none': [{ ...CORP, clientId: 'x' }, /"corp": unknown field "clientId"/],
  'a scope without openid': [{ ...CORP, scope: 'email' }, /"corp": scope is invalid/],
  'an unknown authentication': [
    { ...CORP, token_endpoint_auth_method: 'none' },
    /token_endpoint_auth_method is invalid/,
  ],
  'PKCE as text': [{ ...CORP, pkce: 'false' }, /"corp": pkce is invalid/],
  'a list': [[CORP], /"corp": not an object/],
}

for (const [what, [value, says]] of Object.entries(WRONG))
  t.test(`OIDC_PROVIDERS with ${what} does not start, and the message has no secret`, async t => {
    const error = await Promise.try(() => read(providers(value))).catch((error: Error) => error)
    t.type(error, ConfigError)
    t.match(error, { message: says })
    t.notMatch(String(error), 'top-secret')
  })

for (const key of ['github', 'providers', 'email', 'Corp', '1corp', 'a b', '../x', '__proto__x', 'x'.repeat(32)])
  t.test(`OIDC_PROVIDERS with the key ${key} does not start`, async t => {
    t.throws(() => read(providers(CORP, key)), { message: /OIDC_PROVIDERS.*key/ })
  })

for (const text of ['{', '[]', 'null', '"corp"', '12'])
  t.test(`OIDC_PROVIDERS=${text} does not start`, async t => {
    t.throws(() => read({ OIDC_PROVIDERS: text }), { message: /OIDC_PROVIDERS/ })
  })

t.test('OIDC_PROVIDERS may come from a file', async t => {
  const { OIDC_PROVIDERS } = providers(CORP)
  const file = join(t.testdir({}), 'providers.json')
  await writeFile(file, `${OIDC_PROVIDERS}\n`)
  t.equal(read({ OIDC_PROVIDERS_FILE: file }).OIDC_PROVIDERS, OIDC_PROVIDERS)
})
