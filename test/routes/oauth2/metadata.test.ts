// What the service says of itself without loading the library is what the library would say, and what is there.
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import t from 'tap'
import { serve } from '../../support/oauth.ts'

/** Members in which we say more, or know better. */
const OURS = ['jwks_uri', 'scopes_supported', 'claims_supported', 'id_token_signing_alg_values_supported']

interface KeySet {
  keys: { kid: string; alg: string }[]
}

async function read<Document>(url: string): Promise<Document> {
  return (await fetch(url)).json() as Promise<Document>
}

for (const PASSWORD_GRANT of ['false', 'true'])
  t.test(`the metadata is that of the library, with PASSWORD_GRANT=${PASSWORD_GRANT}`, async t => {
    const { app, issuer } = await serve(t, { PASSWORD_GRANT })
    const own = await read<Record<string, unknown[]>>(`${issuer}/.well-known/openid-configuration`)
    const library = await app.openidProvider.library()
    const server = createServer(library.callback()).listen(0, '127.0.0.1')
    await once(server, 'listening')
    t.teardown(() => server.close())
    const { port } = server.address() as AddressInfo
    const theirs = await read<Record<string, unknown>>(`http://127.0.0.1:${port}/.well-known/openid-configuration`)
    for (const [name, value] of Object.entries(theirs).filter(([name]) => !OURS.includes(name)))
      t.same(own[name], typeof value === 'string' ? value.replace(`http://127.0.0.1:${port}`, issuer) : value, name)
    for (const name of OURS)
      if (Array.isArray(theirs[name])) t.same(new Set(own[name]).isSupersetOf(new Set(theirs[name])), true, name)
  })

t.test('the key set of the library is ours', async t => {
  const { issuer } = await serve(t)
  const [ours, theirs] = await Promise.all(
    ['/.well-known/jwks.json', '/oauth2/jwks'].map(path => read<KeySet>(issuer + path)),
  )
  const idsOf = ({ keys = [] }: Partial<KeySet> = {}) => keys.map(({ kid, alg }) => `${alg} ${kid}`).sort()
  t.same(idsOf(theirs), idsOf(ours))
  t.same(new Set(ours?.keys.map(({ alg }) => alg)), new Set(['EdDSA', 'ES256', 'RS256']))
})
