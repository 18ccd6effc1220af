// "Keep me signed in" holds for a login at a provider too, with a second factor or without.
import t from 'tap'
import { newEmail } from '../../support/app.ts'
import { setCookie } from '../../support/cookies.ts'
import { enrolled, otpOf, steppingClock } from '../../support/mfa.ts'
import { fieldOf, open } from '../../support/pages.ts'
import { visit } from '../../support/providers/visit.ts'
import { Browser, linkedTo, withCorp } from '../../support/social.ts'

steppingClock(t)
const { app, corp } = await withCorp(t)

/** As by a link of the sign-in page, to the provider and back. */
async function logIn(email: string, href: string) {
  corp.person = email
  corp.people.set(email, { email, email_verified: true })
  const browser = new Browser(app)
  const { headers } = await browser.open(href)
  return { browser, response: await browser.open(await visit(headers.location ?? '')) }
}

const persistent = (cookies: string | undefined) => /^holocron=.*Max-Age/m.test(cookies ?? '')

t.test('the sign-in page has a link to the provider for each choice', async t => {
  const hrefs = [...(await open(app, '/signin?redirect_to=/ui')).body.matchAll(/href="([^"]*authorize[^"]*)"/g)]
  t.same(
    hrefs.map(([, href]) => href?.replaceAll('&amp;', '&')),
    ['/social/v1/corp/authorize?redirect_to=%2Fui', '/social/v1/corp/authorize?redirect_to=%2Fui&remember=false'],
  )
})

for (const [query, kept] of [
  ['', true],
  ['?remember=true', true],
  ['?remember=false', false],
] as const) {
  t.test(`authorize${query} ${kept ? 'keeps' : 'does not keep'} the browser signed in`, async t => {
    const { response } = await logIn(newEmail(), `/social/v1/corp/authorize${query}`)
    t.equal(response.statusCode, 303, response.body)
    t.equal(persistent(setCookie(response)), kept)
  })

  t.test(`authorize${query} does the same for an account with a second factor`, async t => {
    const { user, secret } = await enrolled(app)
    await linkedTo(app, corp, user.email)
    const { browser, response } = await logIn(user.email, `/social/v1/corp/authorize${query}`)
    t.equal(fieldOf(response, 'remember'), kept ? 'on' : undefined)
    const form = { mfa_token: fieldOf(response, 'mfa_token'), otp: otpOf(secret), ...(kept && { remember: 'on' }) }
    t.equal(persistent(setCookie(await browser.post('/signin/mfa', form))), kept)
  })
}
