/** A person with a browser that runs no scripts: follows links and forms from site to site, with the cookies of each. */
import { parseSetCookie } from 'cookie'

export interface Step {
  url: URL
  status: number
  headers: Headers
  page: string
}

export interface Account {
  email: string
  password: string
}

const REDIRECTS_MAX = 20

export type Visitor = ReturnType<typeof visitor>

export function visitor() {
  const jars = new Map<string, Map<string, { value: string; path: string }>>()
  let current: Step = { url: new URL('about:blank'), status: 0, headers: new Headers(), page: '' }

  async function load(url: URL, init: RequestInit = {}): Promise<Response> {
    const jar = jars.get(url.origin) ?? new Map()
    jars.set(url.origin, jar)
    const cookies = [...jar].filter(([, { path }]) => url.pathname.startsWith(path))
    const headers = new Headers(init.headers)
    headers.set('accept', 'text/html')
    headers.set('cookie', cookies.map(([name, { value }]) => `${name}=${value}`).join('; '))
    const response = await fetch(url, { ...init, headers, redirect: 'manual' })
    for (const line of response.headers.getSetCookie()) {
      const { name, value = '', path = '/', maxAge, expires } = parseSetCookie(line)
      if (value === '' || maxAge === 0 || (expires && expires.getTime() < Date.now())) jar.delete(name)
      else jar.set(name, { value, path })
    }
    return response
  }

  /** Goes on until a page wants something, or leads to a site that is none of the test's. */
  async function arrive(first: URL, init?: RequestInit): Promise<Step> {
    let url = first
    let request = init
    for (let i = 0; i < REDIRECTS_MAX; i++) {
      if (!isHere(url)) return at({ url, status: 0, headers: new Headers(), page: '' })
      const response = await load(url, request)
      const page = await response.text()
      const next = response.headers.get('location') ?? refreshIn(page)
      if (next === undefined) {
        at({ url, status: response.status, headers: response.headers, page })
        return submitsItself(page) ? submit() : current
      }
      url = new URL(next, url)
      request = undefined
    }
    throw new Error(`too many redirects, at last to ${url}`)
  }

  function at(step: Step): Step {
    current = step
    return step
  }

  /** Sends the open page's form, by its first button or the one with this value. */
  async function submit(values: Record<string, string> = {}, button?: string): Promise<Step> {
    const form = formIn(current.page, current.url, button)
    const body = new URLSearchParams({ ...form.values, ...values })
    const site = form.action.origin === current.url.origin ? 'same-origin' : 'cross-site'
    const headers = { origin: current.url.origin, 'sec-fetch-site': site }
    return arrive(form.action, { method: 'POST', body, headers })
  }

  return {
    open: (url: string | URL) => arrive(new URL(url)),
    submit,
    /** Opens a link of an application that wants to know who this is, and allows what it asks for. @returns the application's page */
    async logIn(url: string | URL, { email, password }: Account): Promise<Step> {
      await arrive(new URL(url))
      if (current.page.includes('name="password"')) await submit({ email, password })
      if (current.page.includes('value="allow"')) await submit({}, 'allow')
      return current
    },
    /** Opens a link by which an application signs somebody out, and confirms that. @returns where that leads */
    async signOut(url: string | URL): Promise<Step> {
      await arrive(new URL(url))
      return current.page.includes('name="logout"') ? submit({}, 'yes') : current
    },
  }
}

const isHere = ({ protocol, hostname }: URL) =>
  /^https?:$/.test(protocol) && /^(127\.0\.0\.1|localhost|\[::1\])$/.test(hostname)

function refreshIn(page: string): string | undefined {
  const [, url] = /http-equiv="refresh" content="0; ?url=([^"]+)"/.exec(page) ?? []
  return url && unescaped(url)
}

/** Pages that a script sends on: response_mode=form_post, and some of the library's own. */
const submitsItself = (page: string) => page.includes('document.forms[0].submit()')

function formIn(page: string, base: URL, button?: string) {
  const [, attributes = '', content = ''] = /<form([^>]*)>(.*?)<\/form>/s.exec(page) ?? []
  if (content === '') throw new Error(`no form at ${base}: ${page}`)
  const inputs = [...content.matchAll(/<input([^>]*)>/g)].map(([, text = '']) => text)
  const buttons = [...content.matchAll(/<button([^>]*)>/g)].map(([, text = '']) => text)
  const pressed = button === undefined ? buttons[0] : buttons.find(text => attribute(text, 'value') === button)
  if (button !== undefined && !pressed) throw new Error(`no button ${button} at ${base}: ${page}`)
  const fields = [...inputs, ...(pressed ? [pressed] : [])].map(text => [
    attribute(text, 'name'),
    attribute(text, 'value'),
  ])
  return {
    action: new URL(attribute(attributes, 'action') ?? '', base),
    values: Object.fromEntries(fields.filter(([name]) => name)) as Record<string, string>,
  }
}

function attribute(text: string, name: string): string | undefined {
  const [, value] = new RegExp(`\\b${name}="([^"]*)"`).exec(text) ?? []
  return value && unescaped(value)
}

const unescaped = (text: string) => text.replaceAll('&amp;', '&').replaceAll('&quot;', '"').replaceAll('&#39;', "'")
