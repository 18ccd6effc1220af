/** Parses environment variables into the types of the settings' schema. By hand: loading a validator would take longer than everything else here. */
import { configError } from './checks.ts'
import { ConfigSchema, type Settings } from './schema.ts'

/** The keywords that a setting's schema may use; a test enforces it. */
interface SettingSchema {
  type?: 'string' | 'integer' | 'boolean'
  default?: unknown
  enum?: unknown[]
  pattern?: string
  minLength?: number
  maxLength?: number
  minimum?: number
  maximum?: number
}

/** @throws {ConfigError} for the first value that its schema does not allow */
export function readSettings(environment: NodeJS.ProcessEnv): Settings {
  const settings = Object.entries<SettingSchema>(ConfigSchema.properties).flatMap(([name, schema]) => {
    const text = environment[name]
    const value = text === undefined ? schema.default : parse(text, schema)
    const problem = value === undefined ? undefined : problemOf(value, schema)
    if (problem) throw configError(name, problem)
    return value === undefined ? [] : [[name, value]]
  })
  return Object.fromEntries(settings)
}

function parse(text: string, { type }: SettingSchema): unknown {
  if (type === 'integer') return Number(text)
  if (type === 'boolean') return text === 'true' || (text === 'false' ? false : text)
  return text
}

function problemOf(value: unknown, schema: SettingSchema): string | undefined {
  const { minimum = -Infinity, maximum = Infinity, minLength = 0, maxLength = Infinity, pattern = '' } = schema
  if (schema.type === 'boolean') return typeof value === 'boolean' ? undefined : 'must be true or false'
  if (schema.type === 'integer') {
    const inRange = Number.isInteger(value) && Number(value) >= minimum && Number(value) <= maximum
    return inRange ? undefined : `must be an integer from ${minimum} to ${maximum}`
  }
  const text = String(value)
  if (schema.enum && !schema.enum.includes(text)) return `must be one of ${schema.enum.join(', ')}`
  if (text.length < minLength) return `must have at least ${minLength} characters`
  if (text.length > maxLength) return `must have at most ${maxLength} characters`
  if (!new RegExp(pattern, 'u').test(text)) return 'has the wrong format'
  return undefined
}
