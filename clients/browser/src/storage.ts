/** Where a session is kept: for all tabs and beyond their end, for one tab and its reloads, or until the page is left. */
export type Place = 'browser' | 'tab' | 'memory'

type Entries = Pick<Storage, 'getItem' | 'setItem'>

/** The browser's storage, or memory where users have forbidden it. */
export function openStorage(place: Place): Entries {
  try {
    if (place === 'browser') return localStorage
    if (place === 'tab') return sessionStorage
  } catch {
    // A SecurityError.
  }
  const entries = new Map<string, string>()
  return {
    getItem: key => entries.get(key) ?? null,
    setItem: (key, value) => void entries.set(key, value),
  }
}
