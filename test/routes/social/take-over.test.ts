// An address at a provider is no proof by itself that its account here may be entered (CAPABILITIES: identity is issuer and subject).
import type { FastifyInstance } from 'fastify'
import t from 'tap'
import { call, logIn, newEmail, PASSWORD, verifiedUser } from '../../support/app.ts'
import { OCTOCAT } from '../../support/providers/github.ts'
import { LUKE } from '../../support/providers/openid.ts'
import { Browser, withAll, withCorp } from '../../support/social.ts'

const idOf = async (app: FastifyInstance, email: string) =>
  (await app.db.selectFrom('users').select('id').where('email', '=', email).executeTakeFirst())?.id

for (const email_verified of [false, undefined, 'false', 'TRUE', 1, null, 'yes', {}])
  t.test(
    `threat: take-over by an address that the provider did not verify: ${JSON.stringify(email_verified)}`,
    async t => {
      const { app, corp } = await withCorp(t)
      const victim = await logIn(app)
      corp.people.set(LUKE, { name: 'Mallory', email: victim.email, email_verified: email_verified as never })
      const browser = new Browser(app)
      await browser.logIn('corp')
      t.not(await browser.user(), victim.user_id)
      const links = await app.db.selectFrom('linked_logins').selectAll().where('user_id', '=', victim.user_id).execute()
      t.same(links, [])
    },
  )

t.test("threat: somebody changes the address at the provider to a victim's", async t => {
  const { app, corp } = await withCorp(t)
  const mallory = new Browser(app)
  await mallory.logIn('corp')
  const own = await mallory.user()
  const victim = await logIn(app)
  corp.people.set(LUKE, { email: victim.email, email_verified: true })
  const again = new Browser(app)
  await again.logIn('corp')
  t.equal(await again.user(), own, 'the identity is the subject')
  t.ok(own)
  t.not(own, victim.user_id)
})

t.test('threat: an address that was given to somebody else at the provider', async t => {
  const { app, corp } = await withCorp(t)
  const luke = new Browser(app)
  await luke.logIn('corp')
  const own = await luke.user()
  corp.people.set('new-owner', { email: 'luke@alderaan.example', email_verified: true })
  corp.people.set(LUKE, { email: 'luke@elsewhere.example', email_verified: true })
  corp.person = LUKE
  const again = new Browser(app)
  await again.logIn('corp')
  t.equal(await again.user(), own)
})

t.test('threat: subjects that differ in case, white space or normal form are different people', async t => {
  const { app, corp } = await withCorp(t)
  const subjects = ['han', 'HAN', 'han ', ' han', 'h\u00e4n', 'ha\u0308n', 'h\u00c4n', 'han\u200b']
  const users = new Set<number | undefined>()
  for (const sub of subjects) {
    corp.people.set(sub, { email: newEmail(), email_verified: true })
    corp.person = sub
    const browser = new Browser(app)
    const response = await browser.logIn('corp')
    t.equal(response.statusCode, 303, JSON.stringify(sub))
    users.add(await browser.user())
  }
  t.equal(users.size, subjects.length)
})

t.test('threat: two providers that know the same subject are different identities', async t => {
  const { app, google, corp } = await withAll(t)
  google.people.set(LUKE, { email: newEmail(), email_verified: true })
  corp.people.set(LUKE, { email: newEmail(), email_verified: true })
  const first = new Browser(app)
  await first.logIn('corp')
  const second = new Browser(app)
  await second.logIn('google')
  t.ok(await first.user())
  t.not(await first.user(), await second.user())
})

t.test(
  'threat: pre-hijacking, where an attacker signs up with a password before the owner comes by a provider',
  async t => {
    const { app, corp } = await withCorp(t)
    const email = newEmail()
    await call(app, 'POST', '/users/v1/signup', { payload: { email, password: PASSWORD } })
    corp.people.set(LUKE, { email, email_verified: true })
    const owner = new Browser(app)
    t.equal((await owner.logIn('corp')).statusCode, 303, 'and it is no dead end')
    t.equal(await owner.user(), await idOf(app, email))
    const attacker = await call(app, 'POST', '/users/v1/login', { payload: { email, password: PASSWORD } })
    t.not(attacker.statusCode, 200)
  },
)

t.test(
  'threat: pre-hijacking, where an attacker comes by a provider before the owner of the address signs up',
  async t => {
    const { app, corp } = await withCorp(t)
    const email = newEmail()
    corp.people.set(LUKE, { name: 'Mallory', email, email_verified: false })
    const attacker = new Browser(app)
    await attacker.logIn('corp')
    t.equal(await attacker.user(), undefined)
    const owner = await verifiedUser(app, email)
    const { user_id } = await logIn(app, owner)
    const again = new Browser(app)
    await again.logIn('corp')
    t.not(await again.user(), user_id)
  },
)

t.test("threat: GitHub's profile shows an address that is not verified", async t => {
  const { app, github } = await withAll(t)
  const victim = await logIn(app)
  github.user = {
    ...structuredClone(OCTOCAT),
    email: victim.email,
    emails: [
      { email: victim.email, primary: false, verified: false, visibility: 'public' },
      { email: newEmail(), primary: true, verified: true, visibility: 'private' },
    ],
  }
  const browser = new Browser(app)
  await browser.logIn('github')
  t.not(await browser.user(), victim.user_id)
})

t.test("threat: GitHub's primary address is not verified, and another one is", async t => {
  const { app, github } = await withAll(t)
  const victim = await logIn(app)
  github.user = {
    ...structuredClone(OCTOCAT),
    emails: [
      { email: newEmail(), primary: false, verified: true, visibility: null },
      { email: victim.email, primary: true, verified: false, visibility: 'private' },
    ],
  }
  const browser = new Browser(app)
  await browser.logIn('github')
  t.not(await browser.user(), victim.user_id)
})

t.test('threat: a GitHub login name that somebody else takes over is another person by its number', async t => {
  const { app, github } = await withAll(t)
  const first = new Browser(app)
  await first.logIn('github')
  github.user = {
    ...structuredClone(OCTOCAT),
    id: 666,
    emails: [{ email: newEmail(), primary: true, verified: true, visibility: null }],
  }
  const second = new Browser(app)
  await second.logIn('github')
  t.ok(await second.user())
  t.not(await second.user(), await first.user())
})

t.test("threat: Facebook's address never leads into an account", async t => {
  const { app, facebook } = await withAll(t)
  const victim = await logIn(app)
  facebook.user = { id: '1', name: 'Mallory', email: victim.email }
  const browser = new Browser(app)
  await browser.logIn('facebook')
  t.not(await browser.user(), victim.user_id)
  const posted = await call(app, 'POST', '/social/v1/facebook', { payload: { access_token: facebook.accessToken() } })
  t.not(posted.json<{ user_id?: number }>().user_id, victim.user_id)
})

t.test('threat: Google has no authority over an address of another domain', async t => {
  const { app, google } = await withAll(t)
  const victim = await logIn(app)
  for (const claims of [
    {},
    { hd: 'evil.test' },
    { hd: '' },
    { hd: 'alderaan.example.evil.test' },
    { hd: 'ALDERAAN' },
  ]) {
    google.people.set(LUKE, { email: victim.email, email_verified: true, ...claims })
    const browser = new Browser(app)
    await browser.logIn('google')
    t.not(await browser.user(), victim.user_id, JSON.stringify(claims))
  }
  google.people.set('of-the-domain', { email: victim.email, email_verified: true, hd: 'alderaan.example' })
  google.person = 'of-the-domain'
  const owner = new Browser(app)
  await owner.logIn('google')
  t.equal(await owner.user(), victim.user_id, 'but over those that it hosts')
})
