/** A bounded cache: two maps that take turns, so that an entry that is not used for long is forgotten without being looked for. */
export interface Cache<Value> {
  get(key: string): Value | undefined
  set(key: string, value: Value): void
}

export function createCache<Value>(max: number): Cache<Value> {
  let current = new Map<string, Value>()
  let previous = new Map<string, Value>()

  function set(key: string, value: Value): void {
    if (current.size >= max / 2) {
      previous = current
      current = new Map()
    }
    current.set(key, value)
  }

  return {
    get(key) {
      const value = current.get(key)
      if (value !== undefined) return value
      const older = previous.get(key)
      if (older !== undefined) set(key, older)
      return older
    },
    set,
  }
}
