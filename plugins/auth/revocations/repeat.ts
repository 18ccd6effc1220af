/** Runs `work` at intervals (ms), skipping a turn while it is still running. Returns a function that stops it. */
export function repeat(interval: number, work: () => Promise<void>): () => void {
  let running = false
  const timer = setInterval(async () => {
    if (running) return
    running = true
    await work()
    running = false
  }, interval).unref()
  return () => clearInterval(timer)
}
