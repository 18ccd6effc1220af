import { interactionPolicy, Provider } from 'oidc-provider'
import t from 'tap'
import { REAL } from '../../../support/app.ts'

const skip = REAL && 'the library does not depend on the profile'

const PATCHED = {
  Session: { static: ['get'], prototype: ['persist'] },
  Client: { static: ['find'], prototype: ['backchannelLogout', 'compareClientSecret', 'includeSid'] },
  Grant: { static: [], prototype: ['getOIDCScopeFiltered'] },
  AccessToken: { static: [], prototype: ['generateTokenId'] },
  ClientCredentials: { static: [], prototype: ['generateTokenId'] },
  RefreshToken: { static: [], prototype: ['generateTokenId'] },
} as const

t.test('an upgrade of oidc-provider keeps the methods that we patch', { skip }, async t => {
  const library = new Provider('https://accounts.example.com')
  for (const [name, methods] of Object.entries(PATCHED)) {
    const model = library[name as keyof typeof PATCHED]
    const patched = [
      ...methods.static.map(method => [method, Reflect.get(model, method)] as const),
      ...methods.prototype.map(method => [`prototype.${method}`, Reflect.get(model.prototype, method)] as const),
    ]
    for (const [method, value] of patched)
      t.type(value, 'function', `oidc-provider has ${name}.${method}, which plugins/oidc/provider patches`)
  }
})

t.test('an upgrade of oidc-provider keeps the checks that we replace', { skip }, async t => {
  const checks = interactionPolicy.base().get('login')?.checks
  for (const name of ['essential_acr', 'essential_acrs'])
    t.ok(checks?.get(name), `oidc-provider has the login check ${name}, which plugins/oidc/provider/policy.ts replaces`)
})
