// Apache with mod_auth_openidc, as Debian packages it: pages that only people whom the provider knows can read.
import t from 'tap'
import { REAL, verifiedUser } from '../support/app.ts'
import { freePort } from '../support/free-port.ts'
import { serve } from '../support/oauth.ts'
import { hasApache, startApache } from '../support/parties/apache.ts'
import { readFilms } from '../support/parties/films.ts'
import { register } from '../support/parties/program.ts'
import { visitor } from '../support/parties/visitor.ts'

const isMissing = !hasApache() && process.env.CI !== 'true'
if (isMissing) console.error('NOT TESTED: Apache as a relying party. Install libapache2-mod-auth-openidc')
const skip = (REAL && 'what Apache accepts does not depend on the profile') || (isMissing && 'needs Apache')

t.test('a page for those who sign in, and what Apache learns of them', { skip }, async t => {
  const { app, issuer } = await serve(t)
  const account = await verifiedUser(app)
  const home = `http://localhost:${await freePort()}`
  const goodbye = `${home}/goodbye.html`
  await startApache(t, issuer, await register(app, home, { post_logout_redirect_uris: [goodbye] }))
  const person = visitor()
  const { page, headers } = await person.logIn(`${home}/index.html`, account)
  t.equal(page, 'the archive')
  t.equal(headers.get('x-user'), account.email)
  t.equal(await readFilms(issuer, headers.get('x-token') ?? ''), 7)

  const left = await person.signOut(`${home}/callback?logout=${encodeURIComponent(goodbye)}`)
  t.same([left.url.href, left.page], [goodbye, 'goodbye'])
})
