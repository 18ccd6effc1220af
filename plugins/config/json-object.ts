/** Settings whose value is a JSON object. */

/** @throws Error that says what is wrong, without any value: it may be a secret */
export function parseObject(text: string): object {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw new Error('not JSON')
  }
  if (!isObject(value)) throw new Error('not a JSON object')
  return value
}

export function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
