/** The environment's texts as the values that the schema of the settings describes. By hand: loading a validator would take longer than all the rest of it. */
import { refusal } from './checks.ts'
import { ConfigSchema, type Settings } from './schema.ts'

/** What is looked at in a setting's schema: every keyword that one may have, which a test holds to. */
interface Wanted {
  type?: 'string' | 'integer' | 'boolean'
  default?: unknown
  enum?: unknown[]
  pattern?: string
  minLength?: number
  maxLength?: number
  minimum?: number
  maximum?: number
}

/** @throws {ConfigError} on the first value that its schema does not allow */
export function readSettings(environment: NodeJS.ProcessEnv): Settings {
  const settings = Object.entries<Wanted>(ConfigSchema.properties).flatMap(([name, wanted]) => {
    const text = environment[name]
    const value = text === undefined ? wanted.default : typed(text, wanted)
    const problem = value === undefined ? undefined : problemOf(value, wanted)
    if (problem) throw refusal(name, problem)
    return value === undefined ? [] : [[name, value]]
  })
  return Object.fromEntries(settings)
}

function typed(text: string, { type }: Wanted): unknown {
  if (type === 'integer') return Number(text)
  if (type === 'boolean') return text === 'true' || (text === 'false' ? false : text)
  return text
}

function problemOf(value: unknown, wanted: Wanted): string | undefined {
  const { minimum = -Infinity, maximum = Infinity, minLength = 0, maxLength = Infinity, pattern = '' } = wanted
  if (wanted.type === 'boolean') return typeof value === 'boolean' ? undefined : 'must be true or false'
  if (wanted.type === 'integer') {
    if (!Number.isInteger(value)) return 'must be a whole number'
    if (Number(value) < minimum) return `must be ${minimum} or more`
    if (Number(value) > maximum) return `must be ${maximum} or less`
    return undefined
  }
  const text = String(value)
  if (wanted.enum && !wanted.enum.includes(text)) return `must be one of ${wanted.enum.join(', ')}`
  if (text.length < minLength) return `must have ${minLength} characters or more`
  if (text.length > maxLength) return `must have ${maxLength} characters or less`
  if (!new RegExp(pattern, 'u').test(text)) return 'must have another form'
  return undefined
}
