/** Forms say whose page they are on: in another tab somebody else may have signed in since it was opened. */
import type { User } from '#schemas/users.ts'

/** The field of the forms that a console takes. */
export const OWNER_FIELD = 'account_id'

/** As templates write them. Escaped values have no `<` and no `>`. */
const FORM = /<form\b[^>]*\bmethod="?post\b[^>]*>/gi

/** Puts the field into every form of a page, so that no template has to. */
export function markForms(markup: string, { id }: User): string {
  return markup.replace(FORM, `$&<input type="hidden" name="${OWNER_FIELD}" value="${id}">`)
}

/**
 * Takes the field out of a form, which is what its route expects.
 * @returns its value; undefined for a request without one, such as a program's
 */
export function takeOwner(request: { body: unknown }): unknown {
  const { body } = request
  if (typeof body !== 'object' || body === null || !(OWNER_FIELD in body)) return undefined
  const { [OWNER_FIELD]: owner, ...others } = body
  request.body = others
  return owner
}
