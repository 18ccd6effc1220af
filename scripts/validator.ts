/** Validates as the service does: by the same schemas and the same words. */
import type { Static, TSchema } from '@sinclair/typebox'
import { Ajv, type ErrorObject } from 'ajv'
import { Password } from '#schemas/credentials.ts'
import { addKeywords } from '../plugins/http/validation/keywords.ts'

/**
 * @param passwordMaxLength characters
 * @returns what checks a value, and throws an error whose message names the field and what it wants
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
    throw new Error(inWords(validate.errors?.[0]))
  }
}

function inWords({
  instancePath = '',
  keyword,
  message = 'is wrong',
  params,
  parentSchema,
}: Partial<ErrorObject> = {}): string {
  const field = instancePath.slice(1) || 'the line'
  if (keyword === 'additionalProperties')
    return `${String(params?.additionalProperty).slice(0, 40)} is no known property`
  // A pattern tells a person nothing.
  if (keyword === 'pattern')
    return `${field} is not well-formed${parentSchema?.description ? `. ${parentSchema.description}` : ''}`
  return `${field} ${message}`
}
