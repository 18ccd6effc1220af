import type { Ajv, AnySchemaObject } from 'ajv'
import { isBlank } from './blank.ts'
import { canonicalEmail, newEmail } from './email.ts'

/** Where a keyword's value stands: what it writes there is what the handler gets. */
interface Place {
  parentData: Record<string | number, unknown>
  parentDataProperty: string | number
}

/**
 * Our extensions of JSON Schema:
 * `x-error-code` names the error of the catalog for an invalid value (read by plugins/http/errors);
 * `x-problem` says what an invalid value must be, where a pattern would not (read there, too);
 * `x-visible` wants a text of which somebody sees something;
 * `x-normalize` brings a string into a Unicode form, or one of the forms below, before its length (which `maxLength` must bound)
 * and pattern are checked;
 * `x-canonical: 'email'` replaces an address by its canonical spelling after its length and pattern were checked; `'new-email'` is stricter.
 */
export function addKeywords(ajv: Ajv): Ajv {
  return ajv
    .addVocabulary(['x-error-code', 'x-problem'])
    .addKeyword({
      keyword: 'x-visible',
      type: 'string',
      metaSchema: { const: true },
      errors: false,
      error: { message: 'must have something to read' },
      validate: (_: true, text: string) => !isBlank(text),
    })
    .addKeyword({
      keyword: 'x-normalize',
      type: 'string',
      schemaType: 'string',
      modifying: true,
      before: 'maxLength',
      errors: false,
      validate: (form: string, text: string, schema?: AnySchemaObject, place?: Place) =>
        isTooLong(text, schema?.maxLength) || replace(place, FORMS[form]?.(text) ?? text.normalize(form)),
    })
    .addKeyword({
      keyword: 'x-canonical',
      type: 'string',
      metaSchema: { enum: ['email', 'new-email'] },
      modifying: true,
      errors: false,
      error: { message: 'must have a domain with an ASCII form' },
      validate: (kind: string, text: string, _schema: unknown, place?: Place) =>
        replace(place, kind === 'new-email' ? newEmail(text) : canonicalEmail(text)),
    })
}

const FORMS: Record<string, (text: string) => string> = {
  /** Apps show codes in groups, keyboards type full-width digits, and pasted text brings line ends, dashes and invisible marks along. */
  code: text => text.normalize('NFKC').replace(/[\s\p{Pd}\p{Cf}]/gu, ''),
  /** No-break spaces, full-width digits, and dashes and brackets of all kinds. */
  phone: text =>
    text
      .normalize('NFKC')
      .replace(/\p{Cf}/gu, '')
      .replace(/^\s*tel:/i, '')
      .replace(/\p{Pd}/gu, '-')
      .replace(/\s+/g, ' ')
      .trim(),
  /** Browsers send the lines of a text area with CRLF. */
  lines: text => text.replace(/\r\n?/g, '\n').trim(),
  /** Much of Europe writes `29.11.1942`, or `29.11.` without the year: for ISO 8601 it is `1942-11-29`, or `--11-29`. */
  day: text => text.trim().replace(/^(\d\d?)\. ?(\d\d?)\. ?(\d{4})?$/, toIsoDay),
}

/** A day that no calendar has stays as it was typed. */
function toIsoDay(text: string, day: string, month: string, year = '-'): string {
  const date = new Date(Date.UTC(year === '-' ? 2000 : Number(year), Number(month) - 1, Number(day)))
  if (date.getUTCMonth() !== Number(month) - 1) return text
  return [year, month.padStart(2, '0'), day.padStart(2, '0')].join('-')
}

/** Maximum of code points that compose into one: U+1F82 has four. */
const COMPOSED_MAX = 4

/**
 * Denial of service: normalizing 64 KiB of combining marks would block the event loop for more than a second. Text that is too long in any form
 * is left for `maxLength` to reject.
 */
function isTooLong(text: string, maxLength = Infinity): boolean {
  return text.length > COMPOSED_MAX * maxLength && [...text].length > COMPOSED_MAX * maxLength
}

/** False without a value. */
function replace(place: Place | undefined, value: string | undefined): boolean {
  if (place && value !== undefined) place.parentData[place.parentDataProperty] = value
  return value !== undefined
}
