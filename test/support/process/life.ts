/** A user's life, step by step: remembers what was acknowledged, and retries what was interrupted. */
import { newEmail, PASSWORD } from '../app.ts'
import type { Pair } from '../session.ts'
import { type Answer, request, type Service } from './service.ts'

export type Step = 'signup' | 'login' | 'rotate' | 'logout' | 'rest'

export interface Life {
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
  /** Tokens of sessions whose logout was acknowledged. */
  ended: Pair[]
  /** Responses that are wrong, whatever happened before. */
  surprises: string[]
}

export const newLife = (): Life => ({
  email: newEmail(),
  password: PASSWORD,
  next: 'signup',
  interrupted: false,
  interruptions: 0,
  acknowledged: [],
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
  if (step === 'logout' && life.tokens) {
    life.ended.push(life.tokens)
    life.tokens = undefined
    life.before = undefined
  }
  life.next = following(step)
}

function call(service: Service, { email, password, tokens }: Life, step: Step): Promise<Answer> {
  if (step === 'signup' || step === 'login')
    return request(service, 'POST', `/users/v1/${step}`, { payload: { email, password } })
  if (step === 'rotate')
    return request(service, 'POST', '/users/v1/generate_tokens', { token: tokens?.refresh_token ?? '' })
  return request(service, 'POST', '/users/v1/logout', { token: tokens?.token ?? '' })
}

/** An interrupted step may have been completed nevertheless. */
function expected(step: Step, { status, code }: Answer, again: boolean): boolean {
  if (status === 200) return true
  if (!again) return false
  return (step === 'signup' && code === 'user-already-exists') || (step === 'logout' && code === 'token-invalid')
}

function following(step: Step): Step {
  if (step === 'signup') return 'login'
  if (step === 'login') return 'rotate'
  if (step === 'logout') return Math.random() < 0.5 ? 'login' : 'rest'
  const dice = Math.random()
  return dice < 0.4 ? 'rotate' : dice < 0.8 ? 'logout' : 'rest'
}
