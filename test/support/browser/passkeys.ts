/** Passkeys in a real browser: its virtual authenticator, and what an application's page would do with it. */
import type { BrowserContext, CDPSession, Page } from 'playwright-core'

/** Adds a built-in authenticator that stores passkeys and verifies its user. @see https://chromedevtools.github.io/devtools-protocol/tot/WebAuthn/ */
export async function addAuthenticator(browser: BrowserContext, page: Page) {
  const devtools: CDPSession = await browser.newCDPSession(page)
  await devtools.send('WebAuthn.enable')
  const { authenticatorId } = await devtools.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  })
  return {
    passkeys: async () => (await devtools.send('WebAuthn.getCredentials', { authenticatorId })).credentials,
    /** From now on user verification fails. */
    failVerification: () => devtools.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified: false }),
  }
}

interface Answer {
  status: number
  // biome-ignore lint/suspicious/noExplicitAny: read as a test reads an answer
  body: any
}

/** Runs in the page, as text: tests have no DOM in their types. */
const IN_PAGE = `
  const send = async (method, path, body, token) => {
    const headers = { ...(body && { 'content-type': 'application/json' }), ...(token && { authorization: 'Bearer ' + token }) }
    const response = await fetch(path, { method, headers, ...(body && { body: JSON.stringify(body) }) })
    return { status: response.status, body: await response.json() }
  }
  const create = async options =>
    navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options) })
  const get = async options =>
    navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options) })
`

/** What an application's own script does, from a page of the service's origin. */
export function application(page: Page) {
  const run = <Result>(script: string, values: object): Promise<Result> =>
    page.evaluate(
      `(async ({ ${Object.keys(values).join(', ')} }) => { ${IN_PAGE}; ${script} })(${JSON.stringify(values)})`,
    )

  return {
    send: (method: string, path: string, body?: object, token?: string) =>
      run<Answer>('return send(method, path, body, token)', { method, path, body, token }),

    /** Creates a passkey and registers it. */
    register: (password: string, token: string, name: string) =>
      run<Answer>(
        `const options = await send('POST', '/users/v1/mfa/passkeys/options', { password }, token)
        const credential = await create(options.body)
        return send('POST', '/users/v1/mfa/passkeys', { credential, name }, token)`,
        { password, token, name },
      ),

    /** Authenticates again by passkey. */
    reauthenticate: (token: string) =>
      run<Answer>(
        `const options = await send('POST', '/users/v1/reauthenticate/options', {}, token)
        const credential = await get(options.body)
        return send('POST', '/users/v1/reauthenticate', { credential }, token)`,
        { token },
      ),

    /** Logs in by passkey, without an e-mail. A page may pass the browser other options than the service's. */
    login: (path: string, instead: object = {}) =>
      run<Answer>(
        `const options = await send('POST', '/users/v1/login/passkey/options')
        const credential = await get({ ...options.body, ...instead })
        return send('POST', path, { credential })`,
        { path, instead },
      ),
  }
}
