// Who did it: every event that a signed-in person causes names them, whatever they signed in with.
import type { FastifyInstance } from 'fastify'
import t from 'tap'
import { call, logIn, reauthenticated } from '../../support/app.ts'
import { signedInBrowser } from '../../support/console.ts'
import { browse, browserLogIn } from '../../support/cookies.ts'
import { visit } from '../../support/providers/visit.ts'
import { Browser, withCorp } from '../../support/social.ts'

const { app, corp } = await withCorp(t)

const userOf = (cookie: string) => app.tokens.cookie.verifyIgnoringExpiry(cookie).user_id

/** What people do: each signs in, does it, and returns who did it. */
const DEEDS: Record<string, () => Promise<number>> = {
  async 'sign out on the page'() {
    const browser = await signedInBrowser(app)
    const user_id = userOf(browser.cookie())
    await browser.submit('/signout')
    return user_id
  },
  async 'log out by the API, with a cookie'() {
    const cookie = await browserLogIn(app)
    await browse(app, 'DELETE', '/sessions/v1/', cookie)
    return userOf(cookie)
  },
  async 'log out by the API, with a token'() {
    const { token, user_id } = await logIn(app)
    await call(app, 'POST', '/users/v1/logout', { token })
    return user_id
  },
  async 'link a provider, authenticate again by it and unlink it, in a browser'() {
    const browser = await signedInBrowser(app)
    await browser.reauthenticate()
    const atProvider = new Browser(app)
    atProvider.cookies.set(app.sessionCookie.name, browser.cookie())
    corp.person = 'in-a-browser'
    corp.people.set(corp.person, { name: 'Leia' })
    for (const path of ['link', 'reauthenticate/authorize']) {
      const { headers } = await atProvider.post(`/social/v1/corp/${path}`, { redirect_to: '/account' })
      const { statusCode, body } = await atProvider.open(await visit(headers.location ?? ''))
      if (statusCode !== 303) throw new Error(body)
    }
    const [, remove = ''] = /href="([^"]+\/remove)"/.exec((await atProvider.open('/account/logins')).body) ?? []
    await atProvider.post(remove, {})
    return userOf(browser.cookie())
  },
  async 'link a provider by the API'() {
    const { token, user_id } = await reauthenticated(app, await logIn(app))
    corp.person = 'in-an-application'
    corp.people.set(corp.person, { name: 'Leia' })
    const payload = { id_token: corp.issue({ nonce: 'the-nonce' }), nonce: 'the-nonce' }
    const { statusCode, body } = await call(app, 'POST', '/social/v1/corp', { token, payload })
    if (statusCode !== 200) throw new Error(body)
    return user_id
  },
}

/** Before somebody is signed in. */
const WITHOUT_ACTOR = ['signed-up', 'email-verified', 'logged-in']

for (const [deed, act] of Object.entries(DEEDS))
  t.test(`the actor is known when people ${deed}`, async t => {
    const user_id = await act()
    const events = (await eventsOf(app, user_id)).filter(({ kind }) => !WITHOUT_ACTOR.includes(kind))
    t.ok(events.length > 0)
    for (const { kind, actor_id } of events) t.equal(actor_id, user_id, kind)
  })

async function eventsOf(app: FastifyInstance, user_id: number) {
  return app.db.selectFrom('audit_events').select(['kind', 'actor_id']).where('user_id', '=', user_id).execute()
}
