/** The browser client in this process: each client is a tab. Its sources are modules that need no build. */
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Test as Tap } from 'tap'
import type { LoggedIn } from './app.ts'

/** Its own types come from the OpenAPI document, when it is built. */
export interface Client {
  fetch(input: string | URL | Request, init?: RequestInit): Promise<Response>
  readonly userId: number | undefined
  me(): Promise<{ id: number; email: string } | undefined>
  signUp(body: object): Promise<void>
  logIn(body: object): Promise<{ mfa_token: string } | undefined>
  finishLogIn(body: object): Promise<void>
  logOut(): Promise<void>
  onChange(listener: (change: string) => void): () => void
  close(): void
}

interface Package {
  createClient(baseUrl: string, options?: { session?: string }): Client
  ServiceError: typeof Error
}

export const SOURCE = pathToFileURL(join(import.meta.dirname, '../../clients/browser/src/index.ts')).href
export const { createClient, ServiceError }: Package = await import(SOURCE)

export type Entries = Map<string, string>

/** What this process does not have, or not as a browser has it. */
function storageOf(entries: Entries) {
  return {
    getItem: (key: string) => entries.get(key) ?? null,
    setItem: (key: string, value: string) => void entries.set(key, value),
  }
}

/** Replaces a storage of this process until the test ends. */
export function setStorage(t: Tap, name: 'localStorage' | 'sessionStorage', property: PropertyDescriptor) {
  const before = Object.getOwnPropertyDescriptor(globalThis, name)
  Object.defineProperty(globalThis, name, { ...property, configurable: true })
  t.teardown(() => {
    if (before) Object.defineProperty(globalThis, name, before)
    else Reflect.deleteProperty(globalThis, name)
  })
}

/** Opens a tab on a browser's storage. @returns the client, and what it heard */
export function openTab(t: Tap, base: string, entries: Entries, session = 'browser') {
  const value = storageOf(entries)
  for (const name of ['localStorage', 'sessionStorage'] as const) setStorage(t, name, { value })
  const client = createClient(base, { session })
  t.teardown(() => client.close())
  const heard: string[] = []
  client.onChange(change => void heard.push(change))
  return { client, heard }
}

interface Kept {
  session: { tokens: { access: string; refresh: string; refreshAt: number } }
}

function kept(entries: Entries): [name: string, entry: Kept] {
  const [[name, text] = []] = entries
  if (name === undefined || text === undefined) throw new Error('nothing is stored')
  return [name, JSON.parse(text)]
}

/** The stored tokens, named as the service names them. */
export function tokensIn(entries: Entries): Pick<LoggedIn, 'token' | 'refresh_token'> {
  const { access, refresh } = kept(entries)[1].session.tokens
  return { token: access, refresh_token: refresh }
}

/** Changes the stored tokens. With `refreshAt: 0` the access token is about to expire, with `access: 'x'` it is not valid. */
export function changeTokens(entries: Entries, tokens: { access?: string; refreshAt?: number }): void {
  const [name, entry] = kept(entries)
  Object.assign(entry.session.tokens, tokens)
  entries.set(name, JSON.stringify(entry))
}

type Fetch = typeof fetch

/** Puts something between the client and the service, until the test ends. */
export function interceptFetch(
  t: Tap,
  handle: (url: string, send: () => ReturnType<Fetch>) => ReturnType<Fetch>,
): void {
  const { fetch } = globalThis
  t.intercept(globalThis, 'fetch', {
    value: (input: Parameters<Fetch>[0], init?: RequestInit) =>
      handle(input instanceof Request ? input.url : String(input), () => fetch(input, init)),
  })
}
