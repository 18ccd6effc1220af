/** First lock of a key (ms); each further failure doubles it. */
export const FIRST_LOCK_MS = 1000
export const MAX_LOCK_MS = 15 * 60_000
/** A key without attempts for this long starts afresh (ms). */
export const RESET_AFTER_MS = 60 * 60_000
