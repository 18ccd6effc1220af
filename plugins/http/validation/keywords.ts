import type { Ajv } from 'ajv'

/**
 * What our schemas say beyond JSON Schema: `x-error-code` names the catalogue's entry for a bad value (read by plugins/errors.ts);
 * `x-normalize` brings a string into a Unicode form before its length and pattern are looked at.
 */
export function addKeywords(ajv: Ajv): Ajv {
  ajv.addVocabulary(['x-error-code'])
  return ajv.addKeyword({
    keyword: 'x-normalize',
    type: 'string',
    schemaType: 'string',
    modifying: true,
    before: 'maxLength',
    errors: false,
    validate(
      form: string,
      text: string,
      _schema: unknown,
      place?: { parentData: unknown; parentDataProperty: string | number },
    ) {
      if (place) (place.parentData as Record<string, unknown>)[place.parentDataProperty] = text.normalize(form)
      return true
    },
  })
}
