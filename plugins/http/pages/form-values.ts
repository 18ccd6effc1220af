/** What a query or a form says, as pages show it again. */

/** Never shown again, whatever a template asks for. */
const SECRET = /password|otp|code|credential/

/** More than any field of ours takes (characters). */
const VALUE_MAX_LENGTH = 8192

/** A form's values, but for secrets, and for what no field holds. */
export function typedIn(body: unknown): Record<string, string> {
  return Object.fromEntries(
    Object.entries(textsIn(body)).filter(([field, text]) => !SECRET.test(field) && text.length <= VALUE_MAX_LENGTH),
  )
}

/** More than any page or form of ours has. */
const FIELDS_MAX = 50

/** A query or a form: of whatever a client sends, its first texts. */
export function textsIn(values: unknown): Record<string, string> {
  const entries = Object.entries(values ?? {})
    .slice(0, FIELDS_MAX)
    .filter((entry): entry is [string, string] => typeof entry[1] === 'string')
  return Object.fromEntries(entries)
}
