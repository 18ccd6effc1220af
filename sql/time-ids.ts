/** UUIDv7 begin with the time, so a period is a range of ids. */

/** No UUIDv7 of this millisecond or later is smaller. @see https://www.rfc-editor.org/rfc/rfc9562#section-5.7 */
export function firstIdAt(time: number): string {
  const hex = Math.max(0, time).toString(16).padStart(12, '0')
  return `${hex.slice(0, 8)}-${hex.slice(8)}-0000-0000-000000000000`
}
