/**
 * How long to wait before the next attempt (ms): 100, 200, 400 … up to `most`, with jitter, so that not all processes come back at the same time.
 * @param failures in a row, before the one that has just happened
 */
export function backOff(failures: number, most: number): number {
  return Math.min(most, 100 * 2 ** failures) * (0.5 + Math.random() / 2)
}
