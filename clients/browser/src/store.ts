import { openStorage, type Place } from './storage.ts'

export interface Session {
  /** Distinguishes this login from the next one, which may be another user's. */
  id: string
  user_id: number
  /** None where the session is in a cookie. */
  tokens?: Tokens
}

export interface Tokens {
  access: string
  refresh: string
  /** When to refresh (ms since 1970, by this computer's clock): a little before the access token expires. */
  refreshAt: number
}

/** `logout`: the user wanted it. `expired`: the service no longer accepts the session, so ask for the login. */
export type Change = 'login' | 'logout' | 'expired'

interface Message {
  change: Change | 'refresh'
  session: Session
}

/** The session, as all tabs see it that share it. */
export interface Store {
  get(): Session | undefined
  /** @param session the one that begins, has new tokens, or has ended */
  change(change: Change | 'refresh', session: Session): void
  close(): void
}

/**
 * @param name of the entry in the browser's storage, and of the channel between tabs
 * @param announce is called for what this tab or another one has changed
 */
export function createStore(name: string, place: Place, announce: (change: Change) => void): Store {
  const storage = openStorage(place)
  const channel = place === 'memory' ? undefined : new BroadcastChannel(name)

  function get(): Session | undefined {
    const text = storage.getItem(name)
    return text === null ? undefined : JSON.parse(text)
  }

  function write({ change, session }: Message): void {
    if (change === 'login' || change === 'refresh') storage.setItem(name, JSON.stringify(session))
    else storage.removeItem(name)
  }

  function receive(message: Message): void {
    if (place === 'tab') {
      // A duplicated tab begins with a copy of the session. Sessions of other tabs are nothing to this one.
      if (get()?.id !== message.session.id) return
      write(message)
    }
    if (message.change === 'refresh') return
    // The message may be older than what this tab has done meanwhile.
    if ((message.change === 'login') === (get() !== undefined)) announce(message.change)
  }

  if (channel) channel.onmessage = ({ data }: MessageEvent<Message>) => receive(data)

  return {
    get,
    change(change, session) {
      write({ change, session })
      channel?.postMessage({ change, session })
      if (change !== 'refresh') announce(change)
    },
    close: () => channel?.close(),
  }
}
