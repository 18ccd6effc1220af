/** What a browser does on the hosted pages, without one. */
import type { FastifyInstance } from 'fastify'
import { call } from './app.ts'
import { OWN_PAGE } from './cookies.ts'

const BROWSER = { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' }

/** Opens a page by its address. */
export function open(app: FastifyInstance, path: string, headers: Record<string, string> = {}) {
  return call(app, 'GET', path, { headers: { ...BROWSER, ...headers } })
}

/** Pairs, where a field is sent more than once. */
export type Form = Record<string, string> | [name: string, value: string][]

/** Sends a form, from a page of ours unless other headers are given. */
export function submit(app: FastifyInstance, path: string, form: Form, headers: Record<string, string> = OWN_PAGE) {
  return call(app, 'POST', path, {
    payload: new URLSearchParams(form).toString(),
    headers: { ...BROWSER, 'content-type': 'application/x-www-form-urlencoded', ...headers },
  })
}

/** The value of a field, as it would be sent. */
export function fieldOf(page: { body: string }, name: string): string | undefined {
  const [field = ''] = new RegExp(`<input[^>]* name="${name}"[^>]*>`).exec(page.body) ?? []
  return / value="([^"]*)"/.exec(field)?.[1]
}

/** Every page that can be asked for by its address. */
export const PAGES = [
  '/',
  '/signin',
  '/signup',
  '/signup/sent',
  '/signup/resend',
  '/forgot',
  '/forgot/sent',
  '/signout',
]

/** Sends every form of theirs, with nothing right in it. */
export const FORMS: Record<string, Record<string, string>> = {
  '/signin': { email: 'leia@alderaan.example', password: 'Wrong-Password1' },
  '/signin/mfa': { mfa_token: 'x', otp: '123456' },
  '/signin/recovery_code': { mfa_token: 'x', recovery_code: 'AAAA-AAAA-AAAA-AAAA' },
  '/signup': { email: 'leia@alderaan.example', password: 'short' },
  '/signup/resend': { email: 'no address' },
  '/forgot': { email: 'no address' },
  '/forgot/code': { email: 'leia@alderaan.example', code: '000000' },
}
