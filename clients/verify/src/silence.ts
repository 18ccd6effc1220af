/** Silence after which Holocron is given up (ms): heartbeats come every two seconds. */
export const SILENCE_MAX_MS = 8000

/** Aborts when Holocron has been silent for too long, or with `closed`. */
export function watchSilence(closed: AbortSignal) {
  const silent = new AbortController()
  // No `AbortSignal.timeout`, which Node may forget if nothing but `AbortSignal.any` knows it: https://github.com/nodejs/node/pull/57867
  const timer = setTimeout(() => silent.abort(new Error('no response')), SILENCE_MAX_MS)
  return {
    signal: AbortSignal.any([closed, silent.signal]),
    /** It was heard. */
    restart: () => void timer.refresh(),
    /** Gives up whatever was not read. */
    end() {
      clearTimeout(timer)
      silent.abort()
    },
  }
}
