import type { BrowserContext } from 'playwright-core'
import t, { type Test } from 'tap'
import { mailedToken, newEmail, PASSWORD } from '../support/app.ts'
import { complaints, openBrowserOnEmbedded } from '../support/browser/chromium.ts'
import { addAuthenticator, application } from '../support/browser/passkeys.ts'
import { serve } from '../support/browser/serve.ts'

const browser = await openBrowserOnEmbedded(t)
if (browser) asAPerson(browser)

/** A person who has signed up, and a page of the service's own origin in front of them. */
async function signedUp(t: Test, browser: BrowserContext) {
  const { app, url } = await serve(t)
  const page = await browser.newPage()
  t.teardown(() => page.close())
  await page.goto(`${url}/ui`)
  const authenticator = await addAuthenticator(browser, page)
  const script = application(page)
  const credentials = { email: newEmail(), password: PASSWORD }
  await script.send('POST', '/users/v1/signup', credentials)
  await script.send('POST', '/users/v1/email_verification', { token: await mailedToken(app, credentials.email) })
  const login = await script.send('POST', '/users/v1/login', credentials)
  return {
    authenticator,
    script,
    credentials,
    token: login.body.token as string,
    user_id: login.body.user_id as string,
  }
}

function asAPerson(browser: BrowserContext): void {
  t.test('in a browser, a person makes a passkey, logs out, and comes back with nothing typed', async t => {
    const heard = complaints(browser)
    const { authenticator, script, credentials, token, user_id } = await signedUp(t, browser)

    const registered = await script.register(PASSWORD, token, 'This laptop')
    t.match(registered, { status: 200, body: { passkey: { name: 'This laptop', transports: ['internal'] } } })
    t.equal(registered.body.recovery_codes.length, 10)
    t.match(await authenticator.passkeys(), [{ isResidentCredential: true, rpId: 'localhost' }])
    const again = await script.reauthenticate(token)
    t.equal(again.status, 200, 'by the passkey itself')
    await t.rejects(script.register(PASSWORD, again.body.token, 'Again'), /InvalidStateError/, 'it is there already')
    t.match(await script.send('POST', '/users/v1/login', credentials), {
      status: 200,
      body: { mfa_required: true, methods: ['passkey', 'recovery_code'] },
    })

    t.equal((await script.send('POST', '/users/v1/logout', undefined, again.body.token)).status, 200)
    t.equal((await script.send('GET', '/films/v1/', undefined, again.body.token)).status, 401)

    const login = await script.login('/users/v1/login/passkey')
    t.match(login, { status: 200, body: { user_id, email: credentials.email } })
    const films = await script.send('GET', '/films/v1/', undefined, login.body.token)
    t.equal(films.status, 200)
    t.equal(films.body.results.length, 7)

    t.equal((await script.send('GET', '/films/v1/')).status, 401, 'no cookie yet')
    t.match(await script.login('/sessions/v1/passkey'), { status: 200, body: { status: 'ok', user_id } })
    t.equal((await script.send('GET', '/films/v1/')).status, 200, 'the cookie came along')
    t.equal((await script.send('DELETE', '/sessions/v1/')).status, 200)
    t.equal((await script.send('GET', '/films/v1/')).status, 401)
    t.same(heard, [], 'the page complains of nothing')
  })

  t.test('in a browser, whoever cannot unlock the authenticator does not get in', async t => {
    const { authenticator, script, token } = await signedUp(t, browser)
    t.equal((await script.register(PASSWORD, token, 'This laptop')).status, 200)
    await authenticator.failVerification()
    await t.rejects(script.login('/users/v1/login/passkey'), /NotAllowedError/, 'the browser does not even ask')
    const lax = await script.login('/users/v1/login/passkey', { userVerification: 'discouraged' })
    t.match(lax, { status: 401, body: { message: 'passkey-invalid' } }, 'and a page that asks for less is refused')
  })
}
