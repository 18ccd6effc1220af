/** Runs one task after the other. */
export type Lock = <Result>(task: () => Promise<Result>) => Promise<Result>

/**
 * A lock of this name that all tabs share. Browsers have none on pages without TLS: there each tab has its own, and tabs that refresh at the same
 * time get the same tokens from the service, within its grace period.
 */
export function createLock(name: string): Lock {
  if (globalThis.navigator?.locks) return async task => await navigator.locks.request(name, task)
  let last: Promise<unknown> = Promise.resolve()
  return task => {
    const result = last.then(task, task)
    last = result
    return result
  }
}
