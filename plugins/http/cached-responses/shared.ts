/** Those who ask while it is being made share it, as the metrics of one scrape do. Nothing is remembered. */
export function shared<Result>(make: () => Promise<Result>): () => Promise<Result> {
  let making: Promise<Result> | undefined
  return () => {
    making ??= make().finally(() => {
      making = undefined
    })
    return making
  }
}
