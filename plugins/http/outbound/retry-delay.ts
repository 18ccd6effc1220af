const MIN_MS = 5000
export const RETRY_DELAY_MAX_MS = 3_600_000

/** 5 s, 20 s, 80 s … an hour, with jitter. @param attempts that have failed */
export function retryDelay(attempts: number): number {
  const delay = Math.min(MIN_MS * 4 ** (attempts - 1), RETRY_DELAY_MAX_MS)
  return Math.round(delay * (0.75 + Math.random() / 2))
}
