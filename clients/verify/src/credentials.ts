import { watchSilence } from './silence.ts'

/** The own access token, by client credentials. */
export interface Credentials {
  /** A token that is valid for a while. @throws Error if there is none to be had */
  token(): Promise<string>
  /** Gets the next one before it is needed, if it is time. */
  renew(): void
  /** It was refused: the next one is a new one. */
  forget(): void
}

/** When to renew it, of its lifetime. */
const RENEWED_AFTER = 0.7

interface Settings {
  url: string
  clientId: string
  clientSecret: string
}

export function createCredentials({ url, clientId, clientSecret }: Settings, closed: AbortSignal): Credentials {
  // https://www.rfc-editor.org/rfc/rfc6749#section-2.3.1
  const basic = btoa(`${encodeURIComponent(clientId)}:${encodeURIComponent(clientSecret)}`)
  let latest: { token: string; renewAt: number } | undefined
  let pending: Promise<string> | undefined

  async function request(): Promise<string> {
    const silence = watchSilence(closed)
    try {
      const response = await fetch(`${url}/oauth2/token`, {
        method: 'POST',
        headers: { authorization: `Basic ${basic}` },
        body: new URLSearchParams({ grant_type: 'client_credentials', scope: 'revocations' }),
        redirect: 'error',
        signal: silence.signal,
      })
      const text = await response.text()
      // Perhaps from a proxy, and no JSON.
      if (!response.ok) throw new Error(`no token: ${response.status} ${text}`)
      const body = JSON.parse(text) as { access_token?: string; expires_in?: number }
      const { access_token: token = '', expires_in = 0 } = body
      if (!/^[!-~]+$/.test(token)) throw new Error('no token in the response to the request for one')
      latest = { token, renewAt: performance.now() + (Number(expires_in) || 0) * 1000 * RENEWED_AFTER }
      return token
    } finally {
      silence.end()
    }
  }

  function renewed(): Promise<string> {
    pending ??= request().finally(() => {
      pending = undefined
    })
    return pending
  }

  const isDue = () => latest === undefined || performance.now() >= latest.renewAt

  return {
    token: async () => (latest && !isDue() ? latest.token : renewed()),
    renew() {
      // What fails now is tried again when the token is needed.
      if (isDue()) renewed().catch(() => {})
    },
    forget() {
      latest = undefined
    },
  }
}
