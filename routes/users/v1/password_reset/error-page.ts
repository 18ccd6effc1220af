/** The link is dead: no form helps. */
const DEAD = ['token-invalid', 'user-not-found', 'authorisation-required']

/** What a browser shows for an error: the form again, as long as the token is valid. */
export function errorPage(code: string, { method }: { method: string }): { name: string } | undefined {
  if (DEAD.includes(code)) return { name: 'reset/failed' }
  return method === 'POST' ? { name: 'reset/form' } : undefined
}
