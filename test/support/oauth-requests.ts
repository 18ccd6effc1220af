/** Requests to the OpenID provider as attackers make them: without a library that would refuse to. */
import { createHash } from 'node:crypto'
import { type Application, type Browser, CALLBACK, request } from './oauth.ts'

export type Form = Record<string, string> | [string, string][]

export interface Answer {
  status: number
  headers: Headers
  text: string
  /** The members of a JSON object; none of a page. */
  body: Record<string, unknown>
}

export async function answerOf(response: Response): Promise<Answer> {
  const text = await response.text()
  const isJson = response.headers.get('content-type')?.includes('json')
  return { status: response.status, headers: response.headers, text, body: isJson ? JSON.parse(text) : {} }
}

/** An Authorization header. */
export function basic({ id, secret }: Pick<Application, 'id' | 'secret'>): Record<string, string> {
  return { authorization: `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}` }
}

/** Posts a form to an endpoint of the provider: `post(news, 'token', {…})`, authenticated as an application with a secret. */
export async function post(
  { id, secret, configuration }: Application,
  endpoint: string,
  form: Form,
  headers?: Record<string, string>,
): Promise<Answer> {
  const authentication = headers ?? (secret === undefined ? {} : basic({ id, secret }))
  const body = new URLSearchParams(form)
  if (secret === undefined && !headers) body.set('client_id', id)
  const { issuer } = configuration.serverMetadata()
  return answerOf(await fetch(`${issuer}/oauth2/${endpoint}`, { method: 'POST', body, headers: authentication }))
}

/** `200`, or status and error code: `400 invalid_grant`. */
export function outcome({ status, body }: Answer): string {
  return [status, body.error].filter(Boolean).join(' ')
}

export interface Code {
  code: string
  verifier: string
}

/** Where an authorization request leads a browser whose user allows what is asked for: the parameters of the response. */
export async function authorize(person: Browser, url: string): Promise<URLSearchParams> {
  let step = await person.follow(await person.get(url))
  if (step.page?.includes('value="allow"')) step = await person.follow(await person.post(step.url, { answer: 'allow' }))
  const { searchParams } = new URL(step.url)
  if (step.page !== undefined) throw new Error(`no response but a page: ${step.url} ${step.page.slice(0, 2000)}`)
  return searchParams
}

/** A code that somebody lets an application have. */
export async function codeFor(
  person: Browser,
  application: Application,
  parameters: Record<string, string> = {},
): Promise<Code> {
  const { url, checks } = await request(application, parameters)
  const response = await authorize(person, url)
  const code = response.get('code')
  if (!code) throw new Error(`no code: ${response}`)
  return { code, verifier: checks.pkceCodeVerifier }
}

/** What is sent for the tokens of a code. */
export function redemption({ code, verifier }: Code, changes: Record<string, string> = {}): Record<string, string> {
  return { grant_type: 'authorization_code', code, redirect_uri: CALLBACK, code_verifier: verifier, ...changes }
}

export interface Tokens {
  access_token: string
  refresh_token: string
  id_token: string
}

export async function tokensFor(
  person: Browser,
  application: Application,
  parameters: Record<string, string> = {},
): Promise<Tokens> {
  const answer = await post(application, 'token', redemption(await codeFor(person, application, parameters)))
  if (answer.status !== 200) throw new Error(`no tokens: ${answer.text}`)
  return answer.body as unknown as Tokens
}

export function refresh(application: Application, refresh_token: string, more: Record<string, string> = {}) {
  return post(application, 'token', { grant_type: 'refresh_token', refresh_token, ...more })
}

/** @returns the status of a request for a protected resource */
export async function statusOf(issuer: string, path: string, token: string, scheme = 'Bearer'): Promise<number> {
  return (await fetch(issuer + path, { headers: { authorization: `${scheme} ${token}` } })).status
}

export function challengeOf(verifier: string): string {
  return createHash('sha256').update(verifier).digest('base64url')
}

export function claimsOf(token: string): Record<string, unknown> {
  return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString())
}
