/** Validates as the service does: by the same schemas and keywords. */
import type { Static, TSchema } from '@sinclair/typebox'
import { Ajv, type ErrorObject } from 'ajv'
import { Password } from '#schemas/credentials.ts'
import { addKeywords } from '../plugins/http/validation/keywords.ts'

/**
 * @param passwordMaxLength characters
 * @returns a function that returns a valid value, and throws an error naming field and problem for any other
 */
export function validator<Schema extends TSchema>(
  schema: Schema,
  passwordMaxLength: number = Password.maxLength ?? 0,
): (value: unknown) => Static<Schema> {
  const ajv = addKeywords(new Ajv({ verbose: true }))
  ajv.addSchema({ ...Password, maxLength: passwordMaxLength })
  const validate = ajv.compile<Static<Schema>>(schema)
  return value => {
    if (validate(value)) return value
    throw new Error(messageOf(validate.errors?.[0]))
  }
}

function messageOf({
  instancePath = '',
  keyword,
  message = 'is wrong',
  params,
  parentSchema,
}: Partial<ErrorObject> = {}): string {
  const field = instancePath.slice(1) || 'the line'
  if (keyword === 'additionalProperties')
    return `${String(params?.additionalProperty).slice(0, 40)} is an unknown property`
  if (keyword === 'enum') return `${field} must be one of ${params?.allowedValues.join(', ')}`
  // People cannot read patterns.
  if (keyword === 'pattern')
    return `${field} is not well-formed${parentSchema?.description ? `. ${parentSchema.description}` : ''}`
  return `${field} ${message}`
}
