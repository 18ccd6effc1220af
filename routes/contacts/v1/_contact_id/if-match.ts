/**
 * The versions that an `If-Match` names; undefined if any will do. Weak tags match nothing.
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-13.1.1
 */
export function versionsIn(ifMatch: string | undefined): number[] | undefined {
  if (ifMatch === undefined || ifMatch.trim() === '*') return undefined
  return ifMatch.split(',').flatMap(tag => {
    const [, version] = /^"([1-9]\d{0,8})"$/.exec(tag.trim()) ?? []
    return version === undefined ? [] : Number(version)
  })
}
