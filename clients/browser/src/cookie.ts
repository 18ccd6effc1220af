import type { Lock } from './lock.ts'
import { type Mode, newSessionId } from './mode.ts'
import { codeOf } from './service-error.ts'
import type { Store } from './store.ts'

const SESSION_OVER = ['token-invalid', 'token-expired', 'authorisation-required']

/** The session cookie, which the service renews by itself. Only pages of its origin, and those of COOKIE_ORIGINS, can use it. */
export function cookieMode(base: string, store: Store, exclusively: Lock): Mode {
  const sendWithCookie = (request: Request) => fetch(new Request(request, { credentials: 'include' }))

  return {
    ways: {
      password: '/sessions/v1/',
      otp: '/sessions/v1/mfa',
      recoveryCode: '/sessions/v1/recovery_code',
      passkey: '/sessions/v1/passkey',
    },

    keep: ({ user_id }) => ({ id: newSessionId(), user_id }),

    async fetch(request) {
      const session = store.get()
      const response = await sendWithCookie(request)
      if (!session || response.status !== 401 || !SESSION_OVER.includes((await codeOf(response)) ?? '')) return response
      // Not if it was logged out, or logged in anew, while the request was on its way.
      await exclusively(async () => {
        if (store.get()?.id === session.id) store.change('expired', session)
      })
      return response
    },

    end: () => sendWithCookie(new Request(`${base}/sessions/v1/`, { method: 'DELETE' })),
  }
}
