/** The form is of no more use. */
const FINAL = ['token-invalid', 'token-expired', 'login-method-taken']

/** What a browser shows for an error. */
export function errorPage(code: string): { name: string } {
  return { name: FINAL.includes(code) ? 'provider-email/failed' : 'provider-email/form' }
}
