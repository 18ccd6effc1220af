/** A user's life, step by step: remembers what was acknowledged, and retries what was interrupted. */
import type { Contact } from '#schemas/contacts.ts'
import { newEmail, PASSWORD } from '../app.ts'
import { picture } from '../pictures.ts'
import type { Pair } from '../session.ts'
import { type Answer, request, type Service } from './service.ts'

export const STEPS = ['signup', 'login', 'add', 'edit', 'remove', 'picture', 'rotate', 'logout'] as const
export type Step = (typeof STEPS)[number] | 'rest'

const png = new Uint8Array(await picture('png'))

/** A contact as it is added, and what it becomes. */
export const ADDED = { first_name: 'Leia', last_name: 'Organa', notes: 'x'.repeat(2000) }
export const EDITED = { last_name: 'Solo', notes: 'y'.repeat(2000) }

export interface Life {
  /** Decides what they do, so that few lives do everything. */
  number: number
  email: string
  password: string
  next: Step
  /** The last step was started and got no response. */
  interrupted: boolean
  interruptions: number
  acknowledged: Step[]
  /** The tokens of the current session, and those before its last rotation. */
  tokens?: Pair | undefined
  before?: Pair | undefined
  userId: number
  /** Their contacts, and those whose removal was acknowledged. */
  contacts: Contact[]
  removed: string[]
  avatarUrl: string | null
  /** Tokens of sessions whose logout was acknowledged. */
  ended: Pair[]
  /** Responses that are wrong, whatever happened before. */
  surprises: string[]
}

let lives = 0

export const newLife = (): Life => ({
  number: lives++,
  email: newEmail(),
  password: PASSWORD,
  next: 'signup',
  interrupted: false,
  interruptions: 0,
  acknowledged: [],
  userId: 0,
  contacts: [],
  removed: [],
  avatarUrl: null,
  ended: [],
  surprises: [],
})

/** Takes the next step. @throws what `fetch` throws if the service dies; the next call retries the step */
export async function act(service: Service, life: Life, verify: (email: string) => Promise<void>): Promise<void> {
  const step = life.next
  const again = life.interrupted
  if (again) life.interruptions++
  life.interrupted = true
  const answer = await call(service, life, step)
  if (!expected(step, answer, again))
    life.surprises.push(`${step}${again ? ' again' : ''}: ${answer.status} ${answer.code}`)
  if (step === 'signup') await verify(life.email)
  life.interrupted = false
  life.acknowledged.push(step)
  if (step === 'login' || step === 'rotate') {
    life.before = step === 'rotate' ? life.tokens : undefined
    life.tokens = answer.body
  }
  if (step === 'login') life.userId = answer.body.user_id
  if (step === 'picture') life.avatarUrl = answer.body.avatar_url
  if (step === 'add') life.contacts.push(answer.body)
  if (step === 'edit') life.contacts.splice(-1, 1, answer.body)
  if (step === 'remove') life.removed.push(life.contacts.pop()?.id ?? '')
  if (step === 'logout' && life.tokens) {
    life.ended.push(life.tokens)
    life.tokens = undefined
    life.before = undefined
  }
  life.next = following(step, life)
}

function call(service: Service, { email, password, tokens, contacts, userId }: Life, step: Step): Promise<Answer> {
  if (step === 'signup' || step === 'login')
    return request(service, 'POST', `/users/v1/${step}`, { payload: { email, password } })
  if (step === 'rotate')
    return request(service, 'POST', '/users/v1/generate_tokens', { token: tokens?.refresh_token ?? '' })
  const token = tokens?.token ?? ''
  const contact = `/contacts/v1/${contacts.at(-1)?.id}`
  if (step === 'add') return request(service, 'POST', '/contacts/v1/', { token, payload: ADDED })
  if (step === 'edit') return request(service, 'PATCH', contact, { token, payload: EDITED })
  if (step === 'remove') return request(service, 'DELETE', contact, { token })
  if (step === 'picture') {
    const headers = { 'content-type': 'image/png' }
    return request(service, 'PUT', `/users/v1/${userId}/avatar`, { token, payload: png, headers })
  }
  return request(service, 'POST', '/users/v1/logout', { token })
}

/** An interrupted step may have been completed nevertheless. */
function expected(step: Step, { status, code }: Answer, again: boolean): boolean {
  if (status === 200 || status === 201) return true
  if (!again) return false
  return (
    (step === 'signup' && code === 'user-already-exists') ||
    (step === 'remove' && code === 'not-found') ||
    (step === 'logout' && code === 'token-invalid')
  )
}

function following(step: Step, { number }: Life): Step {
  if (step === 'signup') return 'login'
  const dice = Math.random()
  // Pictures take the longest: few lives have one.
  if (step === 'login') return number % 8 === 1 ? 'picture' : number % 4 === 0 ? 'add' : 'rotate'
  if (step === 'add') return 'edit'
  if (step === 'edit') return number % 8 === 0 ? 'remove' : 'rotate'
  if (step === 'remove' || step === 'picture') return 'rotate'
  if (step === 'logout') return dice < 0.5 ? 'login' : 'rest'
  return dice < 0.4 ? 'rotate' : dice < 0.8 ? 'logout' : 'rest'
}
