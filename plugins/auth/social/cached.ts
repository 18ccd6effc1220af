/**
 * Remembers a result for a while (ms). Those who ask while it is being made share it; a failure is not remembered.
 */
export function cached<Result>(make: () => Promise<Result>, ttlMs: number): () => Promise<Result> {
  let result: Promise<Result> | undefined
  let madeAt = 0
  return () => {
    if (!result || Date.now() - madeAt > ttlMs) {
      const making = make()
      result = making
      madeAt = Date.now()
      making.catch(() => {
        if (result === making) result = undefined
      })
    }
    return result
  }
}
