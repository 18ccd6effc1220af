/**
 * All tables as one type. Each `sql/<table>.ts` adds its own by declaration merging, so that a new table changes no existing file.
 * Times are milliseconds since 1970 (UTC); ids other than a user's are UUIDv7 in text form.
 */

// biome-ignore lint/suspicious/noEmptyInterface: declaration merging fills it
export interface Tables {}

/** SQLite and MySQL both store booleans as 0 and 1. */
export type Flag = 0 | 1
