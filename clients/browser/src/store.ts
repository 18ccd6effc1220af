import { openStorage, type Place } from './storage.ts'

export interface Session {
  /** Distinguishes this login from the next one, which may be another user's. */
  id: string
  user_id: number
  /** None where the session is in a cookie, and when it is over. */
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

interface Entry {
  /** Of two entries, the one with the higher version counts. */
  version: number
  change: Change | 'refresh'
  session: Session
}

/** The session, as all tabs see it that share it. */
export interface Store {
  get(): Session | undefined
  /** The caller holds the lock. @param session the one that begins, has new tokens, or is over */
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
  /** What another tab has said. Tabs are processes: what one of them stores, and what it says, reach the others in any order. */
  let heard: Entry | undefined

  function latest(): Entry | undefined {
    const text = storage.getItem(name)
    const stored: Entry | undefined = text === null ? undefined : JSON.parse(text)
    return (heard?.version ?? 0) > (stored?.version ?? 0) ? heard : stored
  }

  function get(): Session | undefined {
    const entry = latest()
    return entry && isLive(entry) ? entry.session : undefined
  }

  const write = (entry: Entry) => storage.setItem(name, JSON.stringify(entry))

  function receive(entry: Entry): void {
    if (place === 'tab') {
      // A duplicated tab begins with a copy of the session. Sessions of other tabs are nothing to this one.
      if (get()?.id !== entry.session.id) return
      write(entry)
    }
    if (entry.version > (heard?.version ?? 0)) heard = entry
    // It may be older than what this tab knows.
    if (entry.change !== 'refresh' && isLive(entry) === (get() !== undefined)) announce(entry.change)
  }

  if (channel) channel.onmessage = ({ data }: MessageEvent<Entry>) => receive(data)

  return {
    get,
    change(change, { tokens, ...rest }) {
      // The time, so that versions rise even after the user has cleared the storage.
      const version = Math.max(Date.now(), (latest()?.version ?? 0) + 1)
      const over = change === 'logout' || change === 'expired'
      const entry = { version, change, session: over || !tokens ? rest : { ...rest, tokens } }
      write(entry)
      channel?.postMessage(entry)
      if (change !== 'refresh') announce(change)
    },
    close: () => channel?.close(),
  }
}

function isLive({ change }: Entry): boolean {
  return change === 'login' || change === 'refresh'
}
