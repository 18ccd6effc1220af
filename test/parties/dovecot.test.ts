// Dovecot, as Debian packages it: people read their mail with an access token that an application got for it.
import t from 'tap'
import { REAL } from '../support/app.ts'
import { application, browser, serve } from '../support/oauth.ts'
import { claimsOf, post, tokensFor } from '../support/oauth-requests.ts'
import { hasDovecot, startDovecot } from '../support/parties/dovecot.ts'
import { blocksOf } from '../support/parties/guide.ts'

const isMissing = !hasDovecot() && process.env.CI !== 'true'
if (isMissing) console.error('NOT TESTED: Dovecot as a resource server. Install dovecot-imapd, and run as root')
const skip = (REAL && 'what Dovecot accepts does not depend on the profile') || (isMissing && 'needs Dovecot')

t.test('a mailbox opens with a token for it, until that is revoked', { skip }, async t => {
  const { app, issuer } = await serve(t, { OAUTH_RESOURCES: '{"https://mail.example":"mail:read"}' })
  const reader = await application(app, { scope: 'openid films:read mail:read' })
  const { id, secret } = await application(app, { redirect_uris: [], grant_types: ['client_credentials'] })
  const person = browser(issuer)
  await person.signIn(app)
  const { access_token: token } = await tokensFor(person, reader, { scope: 'openid mail:read' })
  const { access_token: other } = await tokensFor(person, reader, { scope: 'openid films:read' })
  const user = String(claimsOf(token).sub)

  const [validation = ''] = await blocksOf('openid-provider.md', 'Dovecot')
  const { opens } = await startDovecot(
    t,
    validation
      .replace('https://', 'http://')
      .replace('ID:SECRET@accounts.example', `${id}:${secret}@${new URL(issuer).host}`),
  )
  for (const mechanism of ['OAUTHBEARER', 'XOAUTH2'] as const) {
    t.equal(await opens(user, token, mechanism), true, mechanism)
    t.equal(await opens('999', token, mechanism), false, "somebody else's mailbox")
    t.equal(await opens(user, other, mechanism), false, 'a token for another service')
    t.equal(await opens(user, 'x', mechanism), false, 'none')
  }
  await post(reader, 'revoke', { token })
  t.equal(await opens(user, token, 'OAUTHBEARER'), false, 'revoked')
})
