import type { CatalogError } from '#schemas/errors.ts'

/** Not imported: an `import` of node:http evaluates all of its exports, fetch and WebSocket among them, which nothing here needs. */
export const { STATUS_CODES } = process.getBuiltinModule('node:http')

/** The body of an error response. */
export function render({ statusCode = 500, code, details }: CatalogError) {
  return { status: 'error', statusCode, error: STATUS_CODES[statusCode], message: code, ...(details && { details }) }
}
